import GRDB
public import SendLogCore
public import SendLogScheduling

/// The embedded store: one SQLite file, one writer that commits in groups, a few readers.
///
/// Several programs may use one file at the same time; SQLite's locks keep them apart.
public final class SQLiteStore: SendLogStore, Directory {
    let file: DatabaseFile
    let writer: Connection
    /// For scans.
    let readers: ReaderPool
    /// For a row or two, such as a key's or a health check's, which must not wait behind a scan.
    let pointReaders: ReaderPool
    let queue: RecordingQueue

    /// How many connections read a row or two: a thread of low priority that is interrupted with one must not stop the event loops.
    private static let pointReaders = 4

    /// How a database is opened.
    public struct Options: Sendable {
        /// How many connections may scan at the same time; each costs up to 8 MB of memory, as do four more for single rows.
        public var readers: Int?
        /// How long to wait for a lock that another program holds, in seconds.
        public var patience: Double
        /// How many bytes of send logs may wait to be recorded before more are turned away.
        public var mostWaiting = 128 << 20

        /// The options that suit a server on this machine.
        ///
        /// - Parameters:
        ///   - readers: how many connections read at the same time; `nil` for one a thread
        ///   - patience: how long to wait for a lock, in seconds
        public init(readers: Int? = nil, patience: Double = 5) {
            self.readers = readers
            self.patience = patience
        }
    }

    /// Opens the database in a file, makes it if there is none, or brings it to the newest version.
    ///
    /// - Parameters:
    ///   - path: the file
    ///   - options: how it is opened
    ///   - threads: where scans run; `nil` for threads of the store's own
    /// - Throws: ``StoreRefusal`` for a file of a newer version, of another program, that is damaged, locked or read-only; then the file
    ///   was left as it is.
    public init(
        path: String,
        options: Options = Options(),
        threads: FairThreadPool? = nil
    ) throws(StoreRefusal) {
        let threads = threads ?? FairThreadPool(count: FairThreadPool.defaultCount, name: "readers")
        file = DatabaseFile(path: path, patience: options.patience)
        writer = try file.openWriter()
        readers = ReaderPool(try file.openReaders(max(options.readers ?? threads.count, 1)), threads: threads)
        pointReaders = ReaderPool(try file.openReaders(Self.pointReaders), threads: threads)
        queue = RecordingQueue(writer, mostWaiting: options.mostWaiting)
    }

    /// Records what was taken, turns new work away, and closes the file.
    public func close() {
        queue.close()
        readers.close()
        pointReaders.close()
        try? writer.close()
    }

    /// See ``SendLogStore/record(_:in:)``.
    public func record(
        _ logs: [NewSendLog],
        in organisation: OrganisationID
    ) async throws(StoreError) -> [Recording] {
        if logs.isEmpty { return [] }
        return try await queue.record(logs.map { PreparedSendLog($0) }, in: organisation)
    }

    /// See ``SendLogStore/sendLog(_:in:)``.
    public func sendLog(
        _ id: SendLogID,
        in organisation: OrganisationID
    ) async throws(StoreError) -> StoredSendLog {
        try await pointReaders.point { try Self.sendLog(id, in: organisation, on: $0) }
    }

    /// See ``SendLogStore/sendLogAtOnce(_:in:)``.
    public func sendLogAtOnce(
        _ id: SendLogID,
        in organisation: OrganisationID
    ) throws(StoreError) -> StoredSendLog? {
        try pointReaders.pointAtOnce { try Self.sendLog(id, in: organisation, on: $0) }
    }

    private static func sendLog(
        _ id: SendLogID,
        in organisation: OrganisationID,
        on connection: Connection
    ) throws -> StoredSendLog {
        var query = try Query(
            "SELECT place, destinations, record FROM send_logs WHERE organisation = ? AND id = ?",
            on: connection
        )
        try query.bind(organisation.number)
        try query.bind(PackedID(id))
        guard try query.step() else { throw StoreError.notFound }
        return StoredSendLog(
            sequence: Place(rowID: query.integer(0)).sequence,
            record: query.bytes(2),
            destinations: try query.count(1)
        )
    }

    /// See ``SendLogStore/search(_:in:)``.
    public func search(
        _ search: SendLogSearch,
        in organisation: OrganisationID
    ) async throws(StoreError) -> SearchAnswer {
        try await readers.scan(for: organisation) { database in
            try SearchTransaction(database, organisation: organisation, search: search).answer()
        }
    }

    /// See ``SendLogStore/rows(_:in:)``.
    public func rows(
        _ rest: RestOfPage,
        in organisation: OrganisationID
    ) async throws(StoreError) -> RowBlock {
        try await readers.scan(for: organisation) { database in
            try SearchTransaction(database, organisation: organisation, search: rest.search).rows(after: rest)
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
        try await readers.scan(for: organisation) { connection in
            var query = try Query(
                """
                SELECT count, length, crc, body FROM destination_chunks
                WHERE place = ? AND number >= ? ORDER BY number LIMIT ?
                """,
                on: connection
            )
            try query.bind(Place(organisation, sequence).rowID)
            try query.bind(first)
            try query.bind(most)
            var lent = 0
            while try query.step() {
                try take(
                    LentChunk(
                        count: try query.count(0),
                        length: try query.count(1),
                        crc: UInt32(truncatingIfNeeded: query.integer(2)),
                        body: query.rawBytes(3)
                    )
                )
                lent += 1
            }
            return lent
        }
    }
}
