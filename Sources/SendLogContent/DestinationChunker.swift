public import SendLogCore

/// Cuts a list of destinations into chunks while it arrives, in flat memory: what does not fit goes to a spool.
public struct DestinationChunker: DestinationSink {
    /// A chunk is full at this many destinations.
    static let fullCount = 8192
    /// A chunk is full at this many bytes of text as well.
    static let fullLength = 128 * 1024
    /// How many compressed bytes of one list stay in memory.
    private static let mostInMemory = 256 * 1024

    private let spoolFolder: String
    private var text: [UInt8] = []
    private var countInChunk = 0
    private var count = 0
    private var digest = ListDigest()
    private var chunks: [DestinationChunk] = []
    private var inMemory = 0
    private var spool: ChunkSpool?
    private var failure: StoreError?

    /// Makes a chunker of one list.
    ///
    /// - Parameter spoolFolder: where long lists wait, in files without a name
    public init(spoolFolder: String) {
        self.spoolFolder = spoolFolder
    }

    /// Adds a destination that keeps to the rules.
    public mutating func append(_ destination: borrowing JSONText) {
        guard failure == nil else { return }
        // Most lists are short, and most have more than one.
        if count == 0 { text.reserveCapacity(512) }
        if count > 0 { text.append(UInt8(ascii: ",")) }
        if destination.isSimple {
            text.append(UInt8(ascii: "\""))
            text.append(contentsOf: destination.utf8)
            text.append(UInt8(ascii: "\""))
        } else {
            text.appendJSON(utf8: destination.utf8)
        }
        count += 1
        countInChunk += 1
        closeFullChunk()
    }

    /// Copies a run as it is, up to the end of the chunk, and of the next ones.
    public mutating func takeRun(_ run: UnsafeBufferPointer<UInt8>, most: Int) -> (length: Int, count: Int) {
        var (place, taken) = (0, 0)
        while failure == nil {
            let rest = UnsafeBufferPointer(rebasing: run[place...])
            let room = min(most - taken, Self.fullCount - countInChunk)
            let (length, number) = DestinationRun.measure(rest, most: room, full: Self.fullLength - text.count)
            guard number > 0 else { break }
            text.append(contentsOf: UnsafeBufferPointer(rebasing: rest[..<length]))
            place += length
            taken += number
            count += number
            countInChunk += number
            closeFullChunk()
        }
        return (place, taken)
    }

    /// Begins the next list.
    public mutating func reset() {
        text.removeAll(keepingCapacity: true)
        (countInChunk, count, inMemory) = (0, 0, 0)
        digest = ListDigest()
        chunks = []
        (spool, failure) = (nil, nil)
    }

    /// The whole list.
    ///
    /// - Throws: ``StoreError/unavailable(_:detail:)`` where it could not be spooled.
    public mutating func finish() throws(StoreError) -> DestinationList {
        if countInChunk > 0 { closeChunk() }
        if let failure { throw failure }
        if let spool { return DestinationList(count: count, digest: digest.value(), spool: spool) }
        return DestinationList(count: count, digest: digest.value(), chunks: chunks)
    }

    private mutating func closeFullChunk() {
        if countInChunk == Self.fullCount || text.count >= Self.fullLength { closeChunk() }
    }

    private mutating func closeChunk() {
        digest.add(text)
        chunks.append(DestinationChunk(text: text, count: countInChunk))
        inMemory += chunks[chunks.count - 1].body.count
        text.removeAll(keepingCapacity: true)
        countInChunk = 0
        guard spool != nil || inMemory > Self.mostInMemory else { return }
        do throws(StoreError) {
            if spool == nil { spool = try ChunkSpool(folder: spoolFolder) }
            for chunk in chunks { try spool?.append(chunk) }
            chunks.removeAll()
        } catch {
            failure = error
        }
    }
}
