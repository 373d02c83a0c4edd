import Foundation
import SendLogContent
public import SendLogCore
import SendLogScheduling

/// The store on PostgreSQL, or on Citus over several machines.
///
/// Any number of servers may use one database. They share state only through the database. A server whose connection
/// breaks opens a new one and continues.
public final class PostgresStore: LogReader, LogWriter, OrganisationStore, KeyStore {
    let location: PostgresLocation
    let options: Options
    /// The connections for long statements.
    let longPool: ConnectionPool
    /// The connections for short statements, which read or write a row or two.
    let shortPool: ConnectionPool
    /// The nodes of a Citus cluster; `nil` on plain PostgreSQL.
    let nodes: ClusterNodes?
    /// The connection that checks whether the database answers.
    let healthConnection: HealthConnection
    /// How statements over all organisations are split while a node is down.
    let fanOutGroups = FanOutGroups()
    private let recording: GroupQueue<[PreparedSendLog], [RecordingOutcome]>
    private let reading: GroupQueue<SendLogID, StoredSendLog?>

    /// The options of a database.
    public struct Options: Sendable {
        /// The maximum number of connections, at least 3.
        ///
        /// A quarter records, a quarter runs short statements, the rest searches.
        public var connections: Int
        /// The time to wait for a free connection, or for a lock of another session, in seconds.
        public var waitTimeout: Int
        /// The number of bytes of send logs that may wait to be recorded before the store refuses more.
        public var maxWaitingBytes = 128 << 20
        /// Whether to create the tables if there are none.
        public var createsTables = true
        /// Is called when a node of a Citus cluster becomes unavailable or available.
        public var onNodeChange: @Sendable (NodeChange) -> Void = { _ in }

        /// Creates the options of a database.
        ///
        /// - Parameters:
        ///   - connections: the maximum number of connections, at least 3
        ///   - waitTimeout: the time to wait for a free connection, or for a lock, in seconds
        public init(connections: Int = 8, waitTimeout: Int = 5) {
            self.connections = connections
            self.waitTimeout = waitTimeout
        }
    }

    let statementTimeouts: StatementTimeouts
    /// Whether the tables were created when the database was opened.
    public let createdTables: Bool

    /// Opens a database, creates its tables if there are none, or migrates them to the newest version.
    ///
    /// - Throws: ``StoreSetupError`` if the database cannot be reached, belongs to another program, or is too old.
    public init(_ location: PostgresLocation, options: Options = Options()) throws(StoreSetupError) {
        self.location = location
        self.options = options
        let statementTimeouts = StatementTimeouts(options)
        self.statementTimeouts = statementTimeouts
        let isDistributed: Bool
        (createdTables, isDistributed) = try Self.migrate(location, options)
        let nodes = isDistributed ? ClusterNodes(location, report: options.onNodeChange) : nil
        self.nodes = nodes
        healthConnection = HealthConnection(location)
        // Short statements do not wait behind searches, and recording does not wait behind either.
        let quarter = max(1, options.connections / 4)
        let (health, heads) = (ServerHealth(), LastRecordedSequences())
        func pool(
            _ connections: Int,
            statementTimeout: Int,
            reserve: FairShares.Reserve = .nothing,
            refusesAfter: Set<PoolThread.End> = [],
            drainsOnClose: Bool = false
        ) -> ConnectionPool {
            ConnectionPool(
                location,
                session: Self.session(
                    lockTimeout: options.waitTimeout,
                    statementTimeout: StatementTimeouts.serverTimeout(statementTimeout)
                ),
                health: health,
                nodes: nodes,
                options: .init(
                    connections: max(1, connections),
                    waitTimeout: .seconds(options.waitTimeout),
                    reserve: reserve,
                    refusesAfter: refusesAfter,
                    drainsOnClose: drainsOnClose
                )
            )
        }
        longPool = pool(
            options.connections - 2 * quarter,
            statementTimeout: statementTimeouts.long,
            reserve: .unit,
            refusesAfter: [.timeout]
        )
        recording = GroupQueue(
            pool(
                quarter,
                statementTimeout: statementTimeouts.recording,
                refusesAfter: [.timeout, .lockTimeout],
                drainsOnClose: true
            ),
            maxGroup: RecordingGroup.maxGroup,
            maxWaitingWeight: options.maxWaitingBytes,
            waitTimeout: .seconds(options.waitTimeout),
            cost: RecordingGroup.cost,
            work: {
                RecordingGroup.commit(
                    $0,
                    in: $1,
                    on: $2,
                    &$3,
                    within: .seconds(statementTimeouts.recording),
                    heads: heads,
                    lockTimeout: options.waitTimeout
                )
            }
        )
        shortPool = pool(quarter, statementTimeout: statementTimeouts.short, reserve: .unit)
        reading = GroupQueue(
            shortPool,
            maxGroup: ReadingGroup.maxGroup,
            maxWaitingWeight: 10_000,
            waitTimeout: .seconds(options.waitTimeout),
            cost: { _ in (items: 1, weight: 1, needsOwnGroup: false) },
            work: { ReadingGroup.read($0, in: $1, on: $2, &$3, within: .seconds(statementTimeouts.short)) }
        )
    }

    /// Returns whether the tables were created, and whether a Citus cluster distributes them.
    private static func migrate(
        _ location: PostgresLocation,
        _ options: Options
    ) throws(StoreSetupError) -> (created: Bool, isDistributed: Bool) {
        do {
            let connection = try Connection(
                location,
                session: session(lockTimeout: Migration.lockTimeout, statementTimeout: 0)
            )
            let created = try Migration(schema: .current, connection: connection, location: location).run(
                createsTables: options.createsTables
            )
            return (created, try ClusterNodes.areDistributed(connection))
        } catch let refusal as StoreSetupError {
            throw refusal
        } catch {
            let detail = (error as? PostgresFailure)?.detail ?? "\(type(of: error))"
            throw StoreSetupError("the database \(location) cannot be opened: \(detail)")
        }
    }

    /// Refuses new work, records the send logs accepted so far, and closes the connections.
    public func close() {
        recording.close()
        reading.close()
        longPool.close()
        nodes?.close()
        healthConnection.close()
    }

    /// See ``LogWriter/record(_:in:)``.
    public func record(
        _ logs: [PreparedSendLog],
        in organisation: OrganisationID
    ) async throws(StoreError) -> [RecordingOutcome] {
        if logs.isEmpty { return [] }
        return try await recording.submit(logs, in: organisation)
    }

    /// See ``LogReader/sendLog(_:in:)``.
    public func sendLog(_ id: SendLogID, in organisation: OrganisationID) async throws(StoreError) -> StoredSendLog {
        guard let log = try await reading.submit(id, in: organisation) else { throw .notFound }
        return log
    }

    /// Returns `nil`: a read from a database server always waits for the network.
    ///
    /// See ``LogReader/sendLogWithoutBlocking(_:in:)``.
    public func sendLogWithoutBlocking(
        _ id: SendLogID,
        in organisation: OrganisationID
    ) throws(StoreError) -> StoredSendLog? { nil }

    /// See ``LogReader/endReads()``.
    public func endReads() {}

    /// See ``LogReader/sendLogCount(in:of:)``.
    public func sendLogCount(
        in ranges: [ClosedRange<SequenceNumber>],
        of organisation: OrganisationID
    ) async throws(StoreError) -> Int {
        let (whole, parts) = ranges.map(CounterBlock.split).reduce(
            into: ([ClosedRange<Int64>](), [ClosedRange<SequenceNumber>]())
        ) { sums, split in
            if let whole = split.whole { sums.0.append(whole) }
            sums.1 += split.parts
        }
        return try await performLong(for: organisation) { connection in
            var parameters = Parameters(organisation.number, whole.map(\.lowerBound), whole.map(\.upperBound))
            parameters.add(parts.map(\.lowerBound.number), parts.map(\.upperBound.number))
            return try connection.rows(Self.sendLogCountSQL, parameters).count(0, 0)
        }
    }

    static let sendLogCountSQL = """
        SELECT (
            SELECT coalesce(sum(d.sends), 0)::bigint FROM unnest($2::bigint[], $3::bigint[]) b (first, last)
            CROSS JOIN LATERAL (
                SELECT sum(sends) AS sends FROM organisation_days
                WHERE org_id = $1 AND block BETWEEN b.first AND b.last
            ) d
        ) + (
            SELECT coalesce(sum(l.sends), 0)::bigint FROM unnest($4::bigint[], $5::bigint[]) s (first, last)
            CROSS JOIN LATERAL (
                SELECT count(*) AS sends FROM send_logs WHERE org_id = $1 AND seq BETWEEN s.first AND s.last
            ) l
        )
        """

    /// See ``LogReader/search(_:in:)``.
    public func search(
        _ search: SendLogSearch,
        in organisation: OrganisationID
    ) async throws(StoreError) -> SearchResult {
        try await performLong(for: organisation) { connection in
            try SearchCall(connection: connection, organisation: organisation, search: search).answer()
        }
    }

    /// See ``LogReader/rows(_:in:)``.
    public func rows(_ rest: RestOfPage, in organisation: OrganisationID) async throws(StoreError) -> RowBlock {
        try await performLong(for: organisation) { connection in
            try SearchCall(connection: connection, organisation: organisation, search: rest.search).rows(after: rest)
        }
    }

    /// See ``LogReader/destinations(of:from:limit:in:_:)``.
    public func destinations(
        of sequence: SequenceNumber,
        from first: Int,
        limit: Int,
        in organisation: OrganisationID,
        _ take: (BorrowedChunk) throws(StoreError) -> Bool
    ) async throws(StoreError) -> Int {
        let rows = try await performShort(for: organisation) { connection in
            var parameters = Parameters(organisation.number, sequence.number, Int32(clamping: first))
            parameters.add(Int32(clamping: limit))
            return try connection.rows(
                """
                SELECT count, length, crc, body FROM destination_chunks
                WHERE org_id = $1 AND seq = $2 AND number >= $3 ORDER BY number LIMIT $4
                """,
                parameters
            )
        }
        var chunkCount = 0
        while chunkCount < rows.count {
            chunkCount += 1
            if try !take(try BorrowedChunk(rows, chunkCount - 1)) { break }
        }
        return chunkCount
    }

    /// Runs a short statement, which reads or writes a row or two.
    func performShort<Result: Sendable>(
        for organisation: OrganisationID,
        _ body: @escaping @Sendable (Connection) throws -> Result
    ) async throws(StoreError) -> Result {
        try await shortPool.perform(for: organisation, within: .seconds(statementTimeouts.short), body)
    }

    /// Runs a statement that may take long.
    func performLong<Result: Sendable>(
        for organisation: OrganisationID,
        _ body: @escaping @Sendable (Connection) throws -> Result
    ) async throws(StoreError) -> Result {
        try await longPool.perform(for: organisation, within: .seconds(statementTimeouts.long), body)
    }
}
