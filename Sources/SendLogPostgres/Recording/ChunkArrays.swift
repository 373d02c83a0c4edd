import SendLogCore

/// Chunks of lists as the columns of a table, so that one statement can send many rows.
struct ChunkArrays {
    private var logIndexes: [Int32] = []
    private var numbers: [Int32] = []
    private var counts: [Int32] = []
    private var lengths: [Int32] = []
    private var checksums: [Int64] = []
    private var bodies: [ByteString] = []
    /// The size of the chunks' bodies in bytes.
    private(set) var weight = 0

    /// Adds a chunk.
    ///
    /// - Parameters:
    ///   - chunk: the chunk
    ///   - logIndex: the position of the chunk's log in the `record_sends` call, from 1; 0 for a staged list
    ///   - number: the position of the chunk in its log, from 0
    mutating func append(_ chunk: DestinationChunk, logIndex: Int, number: Int) {
        logIndexes.append(Int32(clamping: logIndex))
        numbers.append(Int32(clamping: number))
        counts.append(Int32(clamping: chunk.count))
        lengths.append(Int32(clamping: chunk.length))
        checksums.append(Int64(chunk.crc))
        bodies.append(ByteString(chunk.body))
        weight += chunk.body.count
    }

    /// Adds the columns as six parameters.
    func add(to parameters: inout Parameters) {
        parameters.add(logIndexes, numbers, counts, lengths, checksums, bodies)
    }
}
