import GRDB
public import SendLogCore
public import SendLogScheduling

/// An embedded store in one SQLite file, with one writer that groups commits and a pool of readers.
///
/// Several processes can use the file at the same time; SQLite's locks coordinate them. A second server gains nothing, so
/// ``isUsedByAnotherServer`` shows a server that there is one.
public final class SQLiteStore: LogReader, LogWriter, OrganisationStore, KeyStore {
    let file: DatabaseFile
    let writer: Connection
    /// The connections for scans.
    let readers: ReaderPool
    /// The connections for reads of one or two rows (an API key, a health check), which must not wait behind a scan.
    let pointReaders: ReaderPool
    let queue: RecordingQueue
    /// Whether another server, not a short command, had the file open when this server opened it.
    public let isUsedByAnotherServer: Bool
    private let watch: FileWatch
    private let checkpointer: Checkpointer?

    /// The number of connections for reads of one or two rows.
    ///
    /// More than one, because a low-priority thread can be preempted while it uses a connection, and the event loops
    /// must not wait for it.
    private static let pointReaders = 4

    /// The time that a write may wait for writes before it, in seconds, in addition to the lock timeout.
    private static let queueTime = 10.0

    /// The options for opening a database.
    public struct Options: Sendable {
        /// The number of connections that can scan at the same time; `nil` for one per thread.
        ///
        /// Each connection uses up to 2 MB of memory, and so do four more for single rows.
        public var readers: Int?
        /// The time to wait for a lock that another process holds, in seconds.
        public var lockTimeout: Double
        /// The limit for send logs that wait to be recorded, in bytes; the store rejects more.
        public var maxWaitingBytes = 128 << 20
        /// The maintenance of a server that uses the file for long; `nil` for a short command.
        public var maintenance: Maintenance?

        /// How a server keeps the file up to date, and learns that it was replaced.
        public struct Maintenance: Sendable {
            let checkpointSeconds: Int
            let report: @Sendable (_ problem: String?) -> Void

            /// Creates the maintenance of a file.
            ///
            /// - Parameters:
            ///   - checkpointSeconds: the time between checkpoints, in seconds; 0 for a checkpoint only when the WAL is
            ///     long
            ///   - report: called when the file was deleted, moved or replaced, with a text for the operator; and with
            ///     `nil` when the path leads to the file again
            public init(checkpointSeconds: Int, report: @escaping @Sendable (_ problem: String?) -> Void) {
                (self.checkpointSeconds, self.report) = (checkpointSeconds, report)
            }
        }

        /// Creates options with defaults for a server on this machine.
        ///
        /// - Parameters:
        ///   - readers: the number of connections that can scan at the same time; `nil` for one per thread
        ///   - lockTimeout: the time to wait for a lock, in seconds
        public init(readers: Int? = nil, lockTimeout: Double = 5) {
            self.readers = readers
            self.lockTimeout = lockTimeout
        }
    }

    /// Opens a database file; creates it if it does not exist, or migrates it to the newest schema version.
    ///
    /// - Parameters:
    ///   - path: the path of the file
    ///   - options: the options for opening the file
    ///   - threads: the thread pool for scans; `nil` to create one
    /// - Throws: ``StoreSetupError`` if the file has a newer schema version, belongs to another program, or is damaged,
    ///   locked or read-only. The file is then unchanged.
    public init(path: String, options: Options = Options(), threads: FairThreadPool? = nil) throws(StoreSetupError) {
        let threads = threads ?? FairThreadPool(count: FairThreadPool.defaultCount, name: "readers")
        file = DatabaseFile(path: path, lockTimeout: options.lockTimeout)
        (writer, watch) = try file.openWriter()
        let scanners = try file.openReaders(max(options.readers ?? threads.count, 1))
        readers = ReaderPool(scanners, watch: watch, threads: threads)
        pointReaders = ReaderPool(try file.openReaders(Self.pointReaders), watch: watch, threads: threads)
        queue = RecordingQueue(
            writer,
            maxWaitingBytes: options.maxWaitingBytes,
            waitTimeout: .seconds(options.lockTimeout + Self.queueTime)
        )
        guard let maintenance = options.maintenance else {
            (checkpointer, isUsedByAnotherServer) = (nil, false)
            return
        }
        isUsedByAnotherServer = !watch.lockAsServer()
        // From now on the WAL shows which file it belongs to.
        try? writer.write { try Query(WALGeneration.begin, on: $0).run() }
        checkpointer = Checkpointer(
            try file.openCheckpointer(),
            watch,
            every: maintenance.checkpointSeconds,
            report: maintenance.report
        )
    }

    /// Rejects new requests, completes the accepted writes, and closes the file.
    ///
    /// A file that was moved or replaced stays open: SQLite would write to it, and delete the WAL beside its path.
    public func close() {
        queue.close()
        watch.check()
        let isOriginal = watch.problem == nil
        checkpointer?.close(closesConnection: isOriginal)
        if !isOriginal {
            _ = Unmanaged.passRetained(self)
            return
        }
        readers.close()
        pointReaders.close()
        try? writer.close()
    }

    /// See ``LogWriter/record(_:in:)``.
    public func record(
        _ logs: [PreparedSendLog],
        in organisation: OrganisationID
    ) async throws(StoreError) -> [RecordingOutcome] {
        if logs.isEmpty { return [] }
        return try await queue.record(logs, in: organisation)
    }

    /// See ``LogReader/sendLog(_:in:)``.
    public func sendLog(_ id: SendLogID, in organisation: OrganisationID) async throws(StoreError) -> StoredSendLog {
        try await pointReaders.pointRead { try Self.sendLog(id, in: organisation, on: $0) }
    }

    /// See ``LogReader/sendLogWithoutBlocking(_:in:)``.
    public func sendLogWithoutBlocking(
        _ id: SendLogID,
        in organisation: OrganisationID
    ) throws(StoreError) -> StoredSendLog? {
        try pointReaders.pointReadIfIdle { try Self.sendLog(id, in: organisation, on: $0) }
    }

    /// See ``LogReader/endReads()``.
    public func endReads() { pointReaders.endSnapshots() }

    private static func sendLog(
        _ id: SendLogID,
        in organisation: OrganisationID,
        on connection: Connection
    ) throws -> StoredSendLog {
        var query = try Query(
            "SELECT place, destinations, record, digest FROM send_logs WHERE organisation = ? AND id = ?",
            on: connection
        )
        try query.bind(organisation.number, PackedID(id))
        guard try query.step() else { throw StoreError.notFound }
        return StoredSendLog(
            sequence: RowID(rawValue: query.integer(0)).sequence,
            record: query.bytes(2),
            destinations: try query.count(1),
            digest: query.bytes(3)
        )
    }

    /// See ``LogReader/sendLogCount(in:of:)``.
    public func sendLogCount(
        in ranges: [ClosedRange<SequenceNumber>],
        of organisation: OrganisationID
    ) async throws(StoreError) -> Int {
        try await readers.scan(for: organisation) { database in
            var count = 0
            for range in ranges {
                let (whole, parts) = CounterBlock.split(range)
                if let whole {
                    var query = try Query(
                        """
                        SELECT ifnull(sum(sends), 0) FROM organisation_days
                        WHERE organisation = ? AND block BETWEEN ? AND ?
                        """,
                        on: database
                    )
                    try query.bind(organisation.number, whole.lowerBound, whole.upperBound)
                    if try query.step() { try StoredNumber.add(query.count(0), to: &count) }
                }
                for part in parts {
                    var query = try Query("SELECT count(*) FROM send_logs WHERE place BETWEEN ? AND ?", on: database)
                    try query.bind(RowID(organisation, part.lowerBound).rawValue)
                    try query.bind(RowID(organisation, part.upperBound).rawValue)
                    if try query.step() { try StoredNumber.add(query.count(0), to: &count) }
                }
            }
            return count
        }
    }

    /// See ``LogReader/search(_:in:)``.
    public func search(
        _ search: SendLogSearch,
        in organisation: OrganisationID
    ) async throws(StoreError) -> SearchResult {
        if let found = search.found { return try await self.search(search, among: found, in: organisation) }
        return try await readers.scan(for: organisation) { database in
            try SearchTransaction(database, organisation: organisation, search: search).answer()
        }
    }

    /// See ``LogReader/rows(_:in:)``.
    public func rows(_ rest: RestOfPage, in organisation: OrganisationID) async throws(StoreError) -> RowBlock {
        try await readers.scan(for: organisation) { database in
            try SearchTransaction(database, organisation: organisation, search: rest.search).rows(after: rest)
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
        try await readers.scan(for: organisation) { connection in
            var query = try Query(
                """
                SELECT count, length, crc, body FROM destination_chunks
                WHERE place = ? AND number >= ? ORDER BY number LIMIT ?
                """,
                on: connection
            )
            try query.bind(RowID(organisation, sequence).rawValue, first, limit)
            var chunkCount = 0
            while try query.step() {
                chunkCount += 1
                let chunk = BorrowedChunk(
                    count: try query.count(0),
                    length: try query.count(1),
                    crc: UInt32(truncatingIfNeeded: query.integer(2)),
                    body: query.rawBytes(3)
                )
                if try !take(chunk) { break }
            }
            return chunkCount
        }
    }

    /// Runs a write transaction for an organisation, when its turn in the queue comes.
    func write<Result: Sendable>(
        for organisation: OrganisationID,
        _ body: @escaping @Sendable (Connection) throws -> Result
    ) async throws(StoreError) -> Result {
        try await queue.write(for: organisation, body)
    }
}
