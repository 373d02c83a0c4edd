import SendLogContent
public import SendLogCore

/// Reads chunks of lists; see ``RecipientIndexStore/recordedChunks(from:limit:in:_:)``.
public typealias RecipientListsChunks = (
    _ from: ChunkPosition, _ take: (SequenceNumber, BorrowedChunk) throws(StoreError) -> Void
) throws -> ChunkPosition?

/// The checksum of the pairs that lists have, however often a list repeats a recipient.
struct RecipientListsChecksum {
    private(set) var checksum = RecipientChecksum()
    private let through: SequenceNumber
    private var destinations = ChunkDestinations()

    /// The recipients of the list that is being read.
    private var codes: [RecipientCode] = []
    private var sequence = SequenceNumber(0)
    private var count = 0
    /// The lists that are longer than ``maxCodes``, with their numbers of destinations; they are read once more.
    private var long: [(sequence: SequenceNumber, count: Int)] = []

    /// The largest number of recipients in memory.
    private static let maxCodes = 1 << 20

    private let chunks: RecipientListsChunks

    /// Creates the checksum of the lists up to a sequence number.
    init(through: SequenceNumber, _ chunks: @escaping RecipientListsChunks) {
        (self.through, self.chunks) = (through, chunks)
    }

    /// Reads all lists.
    ///
    /// - Throws: the errors of the chunks; ``StoreError/corrupted(detail:)`` if one cannot be read.
    mutating func run() throws {
        try forEachChunk(from: SequenceNumber(1), through: through) { lists, sequence, chunk throws(StoreError) in
            if sequence != lists.sequence { lists.finish() }
            // A count that is too large must not have the list read a million times.
            guard chunk.isLengthValid, chunk.count <= chunk.length else { throw ChunkDestinations.damaged }
            lists.sequence = sequence
            try StoredNumber.add(chunk.count, to: &lists.count)
            if lists.count <= Self.maxCodes { try lists.add(chunk) }
        }
        finish()
        for list in long {
            // Each time another part of the recipients.
            let parts = UInt64(list.count / Self.maxCodes + 1)
            for part in 0..<parts {
                try forEachChunk(from: list.sequence, through: list.sequence) { lists, _, chunk throws(StoreError) in
                    let first = lists.codes.count
                    try lists.add(chunk)
                    let rest = lists.codes[first...].filter { ($0.group ^ $0.rest) % parts == part }
                    lists.codes.replaceSubrange(first..., with: rest)
                }
                addCodes(of: list.sequence)
            }
        }
    }

    private mutating func forEachChunk(
        from first: SequenceNumber,
        through last: SequenceNumber,
        _ body: (inout Self, SequenceNumber, BorrowedChunk) throws(StoreError) -> Void
    ) throws {
        var position: ChunkPosition? = ChunkPosition(first)
        while let next = position, next.sequence <= last {
            position = try chunks(next) { (sequence, chunk) throws(StoreError) in
                if sequence <= last { try body(&self, sequence, chunk) }
            }
        }
    }

    private mutating func add(_ chunk: BorrowedChunk) throws(StoreError) {
        // In variables of their own, because both change at the same time.
        var (destinations, codes) = (ChunkDestinations(), [RecipientCode]())
        swap(&destinations, &self.destinations)
        swap(&codes, &self.codes)
        defer { (self.destinations, self.codes) = (destinations, codes) }
        try destinations.forEach(of: chunk) { code throws(StoreError) in codes.append(code) }
    }

    private mutating func finish() {
        if count > Self.maxCodes {
            long.append((sequence, count))
            codes.removeAll(keepingCapacity: true)
        } else {
            addCodes(of: sequence)
        }
        count = 0
    }

    private mutating func addCodes(of sequence: SequenceNumber) {
        codes.sort()
        for (index, code) in codes.enumerated() where index == 0 || codes[index - 1] != code {
            checksum.add(code, sequence.number)
        }
        codes.removeAll(keepingCapacity: true)
    }
}
