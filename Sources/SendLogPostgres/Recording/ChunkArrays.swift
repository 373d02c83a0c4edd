import SendLogCore

/// Chunks of lists as the columns of a table, so that one statement can send many rows.
struct ChunkArrays {
    private var logIndexes: [Int] = []
    private var numbers: [Int] = []
    private var counts: [Int] = []
    private var lengths: [Int] = []
    private var checksums: [Int64] = []
    private var bodies: [[UInt8]] = []
    /// The size of the chunks' bodies in bytes.
    private(set) var weight = 0

    /// Adds a chunk.
    ///
    /// - Parameters:
    ///   - chunk: the chunk
    ///   - logIndex: the position of the chunk's log in the `record_sends` call, from 1; 0 for a staged list
    ///   - number: the position of the chunk in its log, from 0
    mutating func append(_ chunk: DestinationChunk, logIndex: Int, number: Int) {
        logIndexes.append(logIndex)
        numbers.append(number)
        counts.append(chunk.count)
        lengths.append(chunk.length)
        checksums.append(Int64(chunk.crc))
        bodies.append(chunk.body)
        weight += chunk.body.count
    }

    /// Adds the columns as six parameters.
    func add(to parameters: inout Parameters) {
        parameters.add(integers: logIndexes)
        parameters.add(integers: numbers)
        parameters.add(integers: counts)
        parameters.add(integers: lengths)
        parameters.add(bigints: checksums)
        parameters.add(byteStrings: bodies)
    }
}
