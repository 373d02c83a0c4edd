public import SendLogCore

/// A sink that splits a list of destinations into chunks while it arrives; a long list goes to a spool.
///
/// Memory use does not grow with the list.
public struct DestinationChunker: DestinationSink {
    /// The maximum number of destinations in a chunk.
    static let maxChunkCount = 8192
    /// The length of text in bytes at which a chunk is closed, even with fewer destinations.
    static let maxChunkLength = 128 * 1024

    /// The list without the current chunk.
    private var list: DestinationListBuilder
    private var text: [UInt8] = []
    private var countInChunk = 0
    private var failure: StoreError?

    /// Creates a chunker for one list.
    ///
    /// - Parameter spoolFolder: the folder for the spools of long lists, which are unlinked files
    public init(spoolFolder: String) { list = DestinationListBuilder(spoolFolder: spoolFolder) }

    /// Appends a valid destination.
    public mutating func append(_ destination: borrowing JSONText) {
        guard failure == nil else { return }
        if list.count + countInChunk > 0 {
            text.append(UInt8(ascii: ","))
        } else {
            // Avoids reallocations: most lists are short, and most have more than one destination.
            text.reserveCapacity(512)
        }
        if destination.isSimple {
            text.append(UInt8(ascii: "\""))
            text.append(contentsOf: destination.utf8)
            text.append(UInt8(ascii: "\""))
        } else {
            text.appendJSON(utf8: destination.utf8)
        }
        countInChunk += 1
        closeFullChunk()
    }

    /// Appends a run of destinations byte for byte, and closes each chunk that becomes full.
    public mutating func takeRun(_ run: UnsafeBufferPointer<UInt8>, limit: Int) -> (length: Int, count: Int) {
        var (offset, taken) = (0, 0)
        while failure == nil {
            let rest = UnsafeBufferPointer(rebasing: run[offset...])
            let room = min(limit - taken, Self.maxChunkCount - countInChunk)
            let (length, number) = DestinationRun.measure(rest, limit: room, maxBytes: Self.maxChunkLength - text.count)
            guard number > 0 else { break }
            text.append(contentsOf: UnsafeBufferPointer(rebasing: rest[..<length]))
            offset += length
            taken += number
            countInChunk += number
            closeFullChunk()
        }
        return (offset, taken)
    }

    /// Resets the chunker for the next list.
    public mutating func reset() {
        text.removeAll(keepingCapacity: true)
        (countInChunk, failure) = (0, nil)
        list = DestinationListBuilder(spoolFolder: list.spoolFolder)
    }

    /// Returns the whole list.
    ///
    /// - Throws: ``StoreError/unavailable(_:detail:)`` if the list could not be spooled.
    public mutating func finish() throws(StoreError) -> DestinationList {
        if countInChunk > 0 { closeChunk() }
        if let failure { throw failure }
        return list.list()
    }

    private mutating func closeFullChunk() {
        if countInChunk == Self.maxChunkCount || text.count >= Self.maxChunkLength { closeChunk() }
    }

    private mutating func closeChunk() {
        do throws(StoreError) {
            try list.append(DestinationChunk(text: text, count: countInChunk), text: text)
        } catch {
            failure = error
        }
        text.removeAll(keepingCapacity: true)
        countInChunk = 0
    }
}
