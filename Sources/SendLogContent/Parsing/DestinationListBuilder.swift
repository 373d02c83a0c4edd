import SendLogCore

/// A builder of a list from its chunks; a long list goes to a spool.
struct DestinationListBuilder {
    let spoolFolder: String
    private var digest = ListDigest()
    private var chunks: [DestinationChunk] = []
    private var bytes = 0
    private var spool: ChunkSpool?
    /// The number of destinations in the chunks so far.
    private(set) var count = 0

    /// The maximum number of compressed bytes of a list in memory.
    private static let maxBytesInMemory = 256 * 1024

    init(spoolFolder: String) { self.spoolFolder = spoolFolder }

    /// Appends a stored chunk.
    mutating func append(_ chunk: DestinationChunk) throws(StoreError) {
        guard let text = chunk.verifiedText() else { throw .corrupted(detail: "a chunk of destinations is damaged") }
        try append(chunk, text: text)
    }

    /// Appends a chunk whose text is known.
    mutating func append(_ chunk: DestinationChunk, text: [UInt8]) throws(StoreError) {
        digest.add(text)
        count += chunk.count
        if let spool { return try spool.append(chunk) }
        chunks.append(chunk)
        bytes += chunk.body.count
        if bytes <= Self.maxBytesInMemory { return }
        let new = try ChunkSpool(folder: spoolFolder)
        for chunk in chunks { try new.append(chunk) }
        (spool, chunks) = (new, [])
    }

    func list() -> DestinationList {
        guard let spool else { return DestinationList(count: count, digest: digest.value(), chunks: chunks) }
        return DestinationList(count: count, digest: digest.value(), spool: spool)
    }
}
