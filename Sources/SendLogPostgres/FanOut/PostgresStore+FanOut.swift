import SendLogCore
import SendLogScheduling

/// What a statement over all organisations read.
struct FanOut<Value: Sendable>: Sendable {
    /// The results: one for all organisations, or one for each group that could be read.
    var values: [Value] = []
    /// Why some organisations could not be read; `nil` if all were.
    var failure: StoreError?
}

extension FanOut<Rows> {
    /// The texts in the second column by the organisation in the first.
    var textsByOrganisation: [Int64: [String]] {
        var texts: [Int64: [String]] = [:]
        for rows in values {
            for row in 0..<rows.count { texts[rows.integer(row, 0), default: []].append(rows.text(row, 1)) }
        }
        return texts
    }
}

/// Statements over all organisations, which go on for the others while a node is down.
extension PostgresStore {
    /// The kind of connections that a statement uses.
    enum StatementLength {
        case short, long
    }

    /// The maximum number of groups on one server without nodes, where a failure of some organisations is rare.
    private static let maxGroups = 256

    /// Reads all organisations with one statement; if it fails because a node is unavailable, reads them node by node.
    ///
    /// - Parameters:
    ///   - length: the kind of connections
    ///   - read: runs the statement for the organisations of a scope
    /// - Returns: the results, at least one.
    /// - Throws: ``StoreError`` if nothing could be read.
    func fanOut<Value: Sendable>(
        _ length: StatementLength,
        _ read: @escaping @Sendable (Connection, OrganisationScope) throws -> Value
    ) async throws(StoreError) -> FanOut<Value> {
        if let groups = fanOutGroups.groups(at: .now) {
            let found = await fanOut(groups, length, read)
            if found.values.isEmpty, let failure = found.failure { throw failure }
            return found
        }
        do throws(StoreError) {
            return FanOut(values: [try await perform(length, for: .allNodes) { try read($0, .all) }])
        } catch {
            guard error.mayConcernOneNode, let groups = try? await organisationGroups(after: error), groups.count > 1
            else { throw error }
            fanOutGroups.begin(groups, at: .now)
            let found = await fanOut(groups, length, read)
            if found.values.isEmpty { throw error }
            return found
        }
    }

    private func fanOut<Value: Sendable>(
        _ groups: [FanOutGroups.Group],
        _ length: StatementLength,
        _ read: @escaping @Sendable (Connection, OrganisationScope) throws -> Value
    ) async -> FanOut<Value> {
        var found = FanOut<Value>()
        for group in groups {
            if let (reason, end) = group.failure, .now < end {
                found.failure = reason
                continue
            }
            do throws(StoreError) {
                let value = try await perform(length, for: group.key) { connection in
                    try read(connection, .some(group.organisations))
                }
                found.values.append(value)
                fanOutGroups.record(nil, of: group, at: .now)
            } catch {
                found.failure = error
                fanOutGroups.record(error, of: group, at: .now)
            }
        }
        fanOutGroups.endIfHealthy()
        return found
    }

    /// Works for some organisations one by one; a failure of one leaves the others.
    ///
    /// - Parameters:
    ///   - work: the organisations, with what the work needs
    ///   - failure: an earlier failure
    ///   - body: works for an organisation, and returns the number of rows
    /// - Returns: the sum of the numbers.
    /// - Throws: the last failure, if the sum is 0: callers repeat the call until it is.
    func sum<Work>(
        over work: some Sequence<(key: Int64, value: Work)>,
        after failure: StoreError? = nil,
        _ body: (OrganisationID, Work) async throws(StoreError) -> Int
    ) async throws(StoreError) -> Int {
        var (count, failure) = (0, failure)
        for (organisation, work) in work {
            do throws(StoreError) { count += try await body(OrganisationID(organisation), work) } catch {
                failure = error
            }
        }
        if count == 0, let failure { throw failure }
        return count
    }

    private func perform<Value: Sendable>(
        _ length: StatementLength,
        for organisation: OrganisationID,
        _ body: @escaping @Sendable (Connection) throws -> Value
    ) async throws(StoreError) -> Value {
        switch length {
        case .short: try await performShort(for: organisation, body)
        case .long: try await performLong(for: organisation, body)
        }
    }

    /// Returns the organisations of each node; without Citus, some organisations each.
    ///
    /// - Returns: the groups; none if the failure is one that a server without nodes has for all organisations.
    private func organisationGroups(after failure: StoreError) async throws(StoreError) -> [FanOutGroups.Group] {
        try await performShort(for: .server) { connection in
            // On Citus every node has a copy of this table.
            let rows = try connection.rows("SELECT org_id FROM organisations ORDER BY org_id")
            let all = (0..<rows.count).map { rows.integer($0, 0) }
            if try connection.rows("SELECT to_regclass('pg_catalog.pg_dist_placement') IS NULL").boolean(0, 0) {
                if case .unavailable(.overloaded, _) = failure { return [] }
                let size = max(1, (all.count + Self.maxGroups - 1) / Self.maxGroups)
                return stride(from: 0, to: all.count, by: size).map { begin in
                    FanOutGroups.Group(Array(all[begin..<min(begin + size, all.count)]))
                }
            }
            // It has no table of organisations: Citus would send the statement to a node.
            let nodes = try connection.rows(
                """
                WITH n AS MATERIALIZED (
                    SELECT o AS org_id, get_shard_id_for_distribution_column('organisation_heads', o) AS shard
                    FROM unnest($1) o
                )
                SELECT n.org_id, p.groupid FROM n
                JOIN pg_catalog.pg_dist_placement p ON p.shardid = n.shard AND p.shardstate = 1
                """,
                Parameters(all)
            )
            let found = (0..<nodes.count).map { (node: nodes.integer($0, 1), organisation: nodes.integer($0, 0)) }
            return Dictionary(grouping: found, by: \.node).sorted { $0.key < $1.key }
                .map { FanOutGroups.Group($0.value.map(\.organisation), key: .node(NodeID(group: $0.key))) }
        }
    }
}

extension StoreError {
    /// Whether the failure may be that of one node among several.
    fileprivate var mayConcernOneNode: Bool {
        switch self {
        case .unavailable(let reason, _): [.unreachable, .inputOutput, .overloaded, .locked].contains(reason)
        case .notFound, .nameTaken, .corrupted: false
        }
    }
}
