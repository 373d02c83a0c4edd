import SendLogCore

/// Puts a stored list together again from its chunks, in a spool where it is long.
struct ChunkGatherer {
    private let spoolFolder: String
    private var digest = ListDigest()
    private var chunks: [DestinationChunk] = []
    private var bytes = 0
    private var spool: ChunkSpool?
    /// How many destinations the chunks hold so far.
    private(set) var count = 0

    /// How many bytes of one list are held in memory.
    private static let mostInMemory = 256 * 1024

    init(spoolFolder: String) {
        self.spoolFolder = spoolFolder
    }

    mutating func append(_ chunk: DestinationChunk) throws(StoreError) {
        guard let text = chunk.soundText() else { throw .damaged(detail: "a chunk of destinations is damaged") }
        digest.add(text)
        count += chunk.count
        if let spool { return try spool.append(chunk) }
        chunks.append(chunk)
        bytes += chunk.body.count
        if bytes <= Self.mostInMemory { return }
        let new = try ChunkSpool(folder: spoolFolder)
        for chunk in chunks { try new.append(chunk) }
        (spool, chunks) = (new, [])
    }

    func list() -> DestinationList {
        guard let spool else { return DestinationList(count: count, digest: digest.value(), chunks: chunks) }
        return DestinationList(count: count, digest: digest.value(), spool: spool)
    }
}
