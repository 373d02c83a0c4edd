import Foundation
import SendLogContent
public import SendLogCore
import SendLogScheduling

/// The store on PostgreSQL, or on Citus over several machines; any number of servers may use one database.
///
/// What they share is in the database alone. A server whose connection breaks makes a new one and goes on.
public final class PostgresStore: SendLogStore, Directory {
    let location: PostgresLocation
    let options: Options
    /// For what may take long.
    let readers: ConnectionPool
    /// For what takes a moment.
    let points: ConnectionPool
    private let recording: GroupQueue<[DigestedSendLog], [Recording]>
    private let reading: GroupQueue<SendLogID, StoredSendLog?>

    /// How a database is used.
    public struct Options: Sendable {
        /// How many connections there are at most, at least 3: a quarter records, a quarter reads a row or two, the others search.
        public var connections: Int
        /// How long to wait for a free connection, or for a lock that somebody else holds, in seconds.
        public var patience: Int
        /// How many bytes of send logs may wait to be recorded before more are turned away.
        public var mostWaiting = 128 << 20
        /// Whether to make the tables where there are none.
        public var makesTables = true

        /// The options of a database.
        ///
        /// - Parameters:
        ///   - connections: how many connections there are at most
        ///   - patience: how long to wait for a free one, or for a lock, in seconds
        public init(connections: Int = 8, patience: Int = 5) {
            self.connections = connections
            self.patience = patience
        }
    }

    /// How many seconds statements may take, all of which may wait for a lock first.
    ///
    /// PostgreSQL ends them by itself after ``server(_:)``, a little earlier: what was given up must not go on, and hold locks.
    struct Limits {
        /// One of a row or two.
        let short: Int
        /// One that records.
        let recording: Int
        /// One that searches.
        let long: Int

        init(_ options: Options) {
            (short, recording, long) = (options.patience + 5, options.patience + 10, options.patience + 35)
        }

        static func server(_ seconds: Int) -> Int { seconds - 2 }
    }

    let limits: Limits

    /// Opens a database, makes its tables if there are none, or brings them to the newest version.
    ///
    /// - Throws: ``StoreRefusal`` where it cannot be reached, is not for this program, or is too old.
    public init(_ location: PostgresLocation, options: Options = Options()) throws(StoreRefusal) {
        self.location = location
        self.options = options
        let limits = Limits(options)
        self.limits = limits
        try Self.migrate(location, options)
        // Work of a moment does not wait behind searches, nor recording behind either.
        let quarter = max(1, options.connections / 4)
        let (health, heads) = (ServerHealth(), KnownHeads())
        func pool(
            _ connections: Int,
            limit: Int,
            reserve: FairShares.Reserve = .nothing,
            finishesWaiting: Bool = false
        ) -> ConnectionPool {
            ConnectionPool(
                location,
                session: Self.session(patience: options.patience, limit: Limits.server(limit)),
                health: health,
                options: .init(
                    connections: max(1, connections),
                    patience: .seconds(options.patience),
                    reserve: reserve,
                    finishesWaiting: finishesWaiting
                )
            )
        }
        readers = pool(options.connections - 2 * quarter, limit: limits.long, reserve: .unit)
        recording = GroupQueue(
            pool(quarter, limit: limits.recording, finishesWaiting: true),
            limits: .init(
                full: RecordingGroup.full,
                mostWaiting: options.mostWaiting,
                patience: .seconds(options.patience)
            ),
            isAlone: RecordingGroup.isAlone,
            work: { RecordingGroup.commit($0, in: $1, on: $2, within: .seconds(limits.recording), heads: heads) }
        )
        points = pool(quarter, limit: limits.short)
        reading = GroupQueue(
            points,
            limits: .init(full: ReadingGroup.full, mostWaiting: 10_000, patience: .seconds(options.patience)),
            work: { ReadingGroup.read($0, in: $1, on: $2, within: .seconds(limits.short)) }
        )
    }

    private static func migrate(_ location: PostgresLocation, _ options: Options) throws(StoreRefusal) {
        do {
            let connection = try Connection(location, session: session(patience: Migration.patience, limit: 0))
            try Migration(schema: .current, connection: connection, location: location).run(making: options.makesTables)
        } catch let refusal as StoreRefusal {
            throw refusal
        } catch {
            let detail = (error as? PostgresFailure)?.detail ?? "\(type(of: error))"
            throw StoreRefusal("the database \(location) cannot be opened: \(detail)")
        }
    }

    /// What makes a session as the store needs it.
    ///
    /// Plans are made once, and keep to the indexes whatever the tables' statistics say: every statement has one that suits it. Citus must
    /// see a statement's values to know its shard, and plans each time.
    ///
    /// - Parameters:
    ///   - patience: how many seconds to wait for a lock
    ///   - limit: how many seconds a statement may take; 0 for as long as it likes
    /// - Returns: statements.
    static func session(patience: Int, limit: Int) -> String {
        """
        SET lock_timeout = '\(patience)s';
        SET statement_timeout = '\(limit)s';
        SET idle_in_transaction_session_timeout = '30s';
        SET plan_cache_mode = force_generic_plan;
        SET enable_seqscan = off;
        SET enable_bitmapscan = off;
        SET enable_sort = off;
        SET jit = off;
        SELECT set_config('plan_cache_mode', 'auto', false) WHERE EXISTS (SELECT FROM pg_extension WHERE extname = 'citus');
        SELECT set_config('client_connection_check_interval', '2s', false) WHERE version() LIKE '%linux%';
        SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'
        """
    }

    /// Records what was taken, turns new work away, and closes the connections.
    public func close() {
        recording.close()
        reading.close()
        readers.close()
    }

    /// See ``SendLogStore/record(_:in:)``.
    public func record(
        _ logs: [NewSendLog],
        in organisation: OrganisationID
    ) async throws(StoreError) -> [Recording] {
        if logs.isEmpty { return [] }
        let weight = logs.reduce(0) { $0 + $1.weight }
        return try await recording.answer(to: logs.map { DigestedSendLog($0) }, weight: weight, in: organisation)
    }

    /// See ``SendLogStore/sendLog(_:in:)``.
    public func sendLog(
        _ id: SendLogID,
        in organisation: OrganisationID
    ) async throws(StoreError) -> StoredSendLog {
        guard let log = try await reading.answer(to: id, weight: 1, in: organisation) else { throw .notFound }
        return log
    }

    /// Answers `nil`, since what a server somewhere else knows must be waited for.
    ///
    /// See ``SendLogStore/sendLogAtOnce(_:in:)``.
    public func sendLogAtOnce(
        _ id: SendLogID,
        in organisation: OrganisationID
    ) throws(StoreError) -> StoredSendLog? { nil }

    /// See ``SendLogStore/search(_:in:)``.
    public func search(
        _ search: SendLogSearch,
        in organisation: OrganisationID
    ) async throws(StoreError) -> SearchAnswer {
        try await lengthily(for: organisation) { connection in
            try SearchCall(connection: connection, organisation: organisation, search: search).answer()
        }
    }

    /// See ``SendLogStore/rows(_:in:)``.
    public func rows(
        _ rest: RestOfPage,
        in organisation: OrganisationID
    ) async throws(StoreError) -> RowBlock {
        try await lengthily(for: organisation) { connection in
            try SearchCall(connection: connection, organisation: organisation, search: rest.search).rows(after: rest)
        }
    }

    /// See ``SendLogStore/destinations(of:from:most:in:_:)``.
    public func destinations(
        of sequence: SequenceNumber,
        from first: Int,
        most: Int,
        in organisation: OrganisationID,
        _ take: (LentChunk) throws(StoreError) -> Void
    ) async throws(StoreError) -> Int {
        let rows = try await shortly(for: organisation) { connection in
            var parameters = Parameters()
            parameters.add(organisation.number)
            parameters.add(sequence.number)
            parameters.add(integer: first)
            parameters.add(integer: most)
            return try connection.rows(
                """
                SELECT count, length, crc, body FROM destination_chunks
                WHERE org_id = $1 AND seq = $2 AND number >= $3 ORDER BY number LIMIT $4
                """,
                parameters
            )
        }
        for row in 0..<rows.count {
            try take(
                LentChunk(
                    count: try rows.count(row, 0),
                    length: try rows.count(row, 1),
                    crc: UInt32(truncatingIfNeeded: rows.integer(row, 2)),
                    body: rows.rawBytes(row, 3)
                )
            )
        }
        return rows.count
    }

    /// Does what takes a moment.
    func shortly<Result: Sendable>(
        for organisation: OrganisationID,
        _ body: @escaping @Sendable (Connection) throws -> Result
    ) async throws(StoreError) -> Result {
        try await points.perform(for: organisation, within: .seconds(limits.short), body)
    }

    /// Does what may take long.
    func lengthily<Result: Sendable>(
        for organisation: OrganisationID,
        _ body: @escaping @Sendable (Connection) throws -> Result
    ) async throws(StoreError) -> Result {
        try await readers.perform(for: organisation, within: .seconds(limits.long), body)
    }
}
