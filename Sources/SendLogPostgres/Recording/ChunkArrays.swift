import SendLogCore

/// Chunks of lists as the columns of a table, which is how many rows are sent at once.
struct ChunkArrays {
    private var places: [Int] = []
    private var numbers: [Int] = []
    private var counts: [Int] = []
    private var lengths: [Int] = []
    private var checksums: [Int64] = []
    private var bodies: [[UInt8]] = []
    /// How many bytes they hold.
    private(set) var weight = 0

    /// Adds a chunk.
    ///
    /// - Parameters:
    ///   - chunk: the chunk
    ///   - place: which of the logs that are recorded together it belongs to, from 1
    ///   - number: which of that log's chunks it is, from 0
    mutating func append(_ chunk: DestinationChunk, place: Int, number: Int) {
        places.append(place)
        numbers.append(number)
        counts.append(chunk.count)
        lengths.append(chunk.length)
        checksums.append(Int64(chunk.crc))
        bodies.append(chunk.body)
        weight += chunk.body.count
    }

    /// Adds the columns as six parameters.
    func add(to parameters: inout Parameters) {
        parameters.add(integers: places)
        parameters.add(integers: numbers)
        parameters.add(integers: counts)
        parameters.add(integers: lengths)
        parameters.add(bigints: checksums)
        parameters.add(byteStrings: bodies)
    }
}
