import SendLogContent
public import SendLogCore

/// A row of the index: recipients that follow each other in a segment, with their sequence numbers, as bits.
///
/// The bits are, with gamma for Elias' gamma code:
///
/// 1. the number of recipients (gamma),
/// 2. the least offset of a sequence number from the segment's first one (gamma), and the difference of the greatest
///    offset to it (gamma),
/// 3. the Rice parameter of the groups (6 bits),
/// 4. the number of different rests (gamma): 0 for texts, whose rests are all different; then the rests, ascending, as
///    gaps (gamma),
/// 5. for each recipient: the gap of its group to the one before it (Rice), the number of its rest, or the 64 bits of
///    its rest; how many sequence numbers it has, less one (gamma); and their gaps, less one (Rice, with a parameter
///    that follows from their number).
///
/// The CRC-32 of the bucket's position and its bits follows, in four bytes, the lowest first.
public struct RecipientBucket: Equatable, Sendable {
    /// The group of the first recipient.
    public let firstGroup: UInt64
    /// The number of buckets of the segment before this one that begin with the same group.
    public let ordinal: Int
    /// The recipients as bits, with their checksum.
    public let body: [UInt8]

    /// Where a bucket is in its segment.
    public struct Position: Hashable, Sendable {
        /// See ``RecipientBucket/firstGroup``.
        public let firstGroup: UInt64
        /// See ``RecipientBucket/ordinal``.
        public let ordinal: Int

        /// Creates a position.
        public init(firstGroup: UInt64, ordinal: Int) { (self.firstGroup, self.ordinal) = (firstGroup, ordinal) }
    }

    /// Where the bucket is in its segment.
    public var position: Position { Position(firstGroup: firstGroup, ordinal: ordinal) }

    /// Creates a bucket from its row.
    public init(firstGroup: UInt64, ordinal: Int, body: [UInt8]) {
        (self.firstGroup, self.ordinal, self.body) = (firstGroup, ordinal, body)
    }

    /// Encodes postings, of numbers alone or of texts alone.
    ///
    /// - Parameters:
    ///   - postings: at least one recipient
    ///   - first: the segment's first sequence number; none of the postings' is less
    ///   - ordinal: see ``ordinal``
    init(_ postings: RecipientPostings, first: Int64, ordinal: Int) {
        let codes = postings.codes
        let firstGroup = codes[0].group
        var bits = BitWriter()
        bits.append(gamma: UInt64(codes.count))
        var (least, greatest) = (Int64.max, Int64.min)
        for sequence in postings.sequences { (least, greatest) = (min(least, sequence), max(greatest, sequence)) }
        let span = UInt64(greatest - least)
        bits.append(gamma: UInt64(least - first))
        bits.append(gamma: span)
        let parameter = Self.parameter(of: codes[codes.count - 1].group - firstGroup, in: codes.count)
        bits.append(UInt64(parameter), bits: 6)
        let rests = codes[0].isNumber ? Self.distinctRests(of: codes) : []
        bits.append(gamma: UInt64(rests.count))
        for (index, rest) in rests.enumerated() { bits.append(gamma: index == 0 ? rest : rest - rests[index - 1]) }
        let width = Self.width(rests.count)
        var group = firstGroup
        for (index, code) in codes.enumerated() {
            bits.append(code.group - group, rice: parameter)
            group = code.group
            if rests.isEmpty {
                bits.append(code.rest, bits: 64)
            } else {
                bits.append(UInt64(Self.position(of: code.rest, in: rests)), bits: width)
            }
            let range = postings.range(at: index)
            bits.append(gamma: UInt64(range.count - 1))
            let parameter = Self.parameter(of: span, in: range.count)
            var next = least
            for sequence in postings.sequences[range] {
                bits.append(UInt64(sequence - next), rice: parameter)
                next = sequence + 1
            }
        }
        self.init(firstGroup: firstGroup, ordinal: ordinal, bits: bits.finish())
    }

    /// Creates a bucket from its bits.
    init(firstGroup: UInt64, ordinal: Int, bits: [UInt8]) {
        let checksum = bits.withUnsafeBytes { Self.checksum(firstGroup, ordinal, $0) }
        let body = bits + withUnsafeBytes(of: checksum.littleEndian) { Array($0) }
        self.init(firstGroup: firstGroup, ordinal: ordinal, body: body)
    }

    private static func checksum(_ firstGroup: UInt64, _ ordinal: Int, _ bits: UnsafeRawBufferPointer) -> UInt32 {
        let position = [firstGroup.littleEndian, UInt64(clamping: ordinal).littleEndian]
        return CRC32.of(bits, after: position.withUnsafeBytes { CRC32.of($0) })
    }

    /// Decodes the postings.
    ///
    /// - Parameters:
    ///   - segment: the sequence numbers of the bucket's segment
    ///   - groups: the groups of the recipients to return, ascending; `nil` for all
    /// - Returns: the recipients.
    /// - Throws: ``StoreError/corrupted(detail:)``.
    public func postings(
        in segment: ClosedRange<SequenceNumber>,
        of groups: [UInt64]? = nil
    ) throws(StoreError) -> RecipientPostings {
        let result: Result<RecipientPostings, StoreError> = body.withUnsafeBytes { bytes in
            Result { () throws(StoreError) in
                guard bytes.count >= 4 else { throw BitReader.damaged }
                let bits = UnsafeRawBufferPointer(rebasing: bytes.dropLast(4))
                let checksum = bytes.loadUnaligned(fromByteOffset: bits.count, as: UInt32.self)
                guard UInt32(littleEndian: checksum) == Self.checksum(firstGroup, ordinal, bits) else {
                    throw BitReader.damaged
                }
                return try decode(BitReader(bits), segment, groups)
            }
        }
        return try result.get()
    }

    private func decode(
        _ reader: consuming BitReader,
        _ segment: ClosedRange<SequenceNumber>,
        _ groups: [UInt64]?
    ) throws(StoreError) -> RecipientPostings {
        var bits = reader
        var postings = RecipientPostings()
        let count = try bits.nextGamma()
        let (offset, span) = (try bits.nextGamma(), try bits.nextGamma())
        let (first, last) = (segment.lowerBound.number, segment.upperBound.number)
        guard count > 0, first >= 0, offset <= UInt64(last - first), span <= UInt64(last - first) - offset else {
            throw BitReader.damaged
        }
        let least = first + Int64(offset)
        let parameter = Int(try bits.next(bits: 6))
        let restCount = try bits.nextGamma()
        var rests: [UInt64] = []
        let areNumbers = RecipientCode(group: firstGroup, rest: 0).isNumber
        guard restCount <= count, restCount <= UInt64(body.count) * 8, areNumbers == (restCount > 0) else {
            throw BitReader.damaged
        }
        for _ in 0..<restCount {
            let (rest, isTooLarge) = (rests.last ?? 0).addingReportingOverflow(try bits.nextGamma())
            if isTooLarge { throw BitReader.damaged }
            rests.append(rest)
        }
        let width = Self.width(rests.count)
        var group = firstGroup
        var index: UInt64 = 0
        var wanted = groups?[...]
        var previous: RecipientCode?
        while index < count {
            index += 1
            let (next, isTooLarge) = group.addingReportingOverflow(try bits.next(rice: parameter))
            if isTooLarge { throw BitReader.damaged }
            group = next
            let rest: UInt64
            if rests.isEmpty {
                rest = try bits.next(bits: 64)
            } else {
                let number = try bits.next(bits: width)
                guard number < UInt64(rests.count) else { throw BitReader.damaged }
                rest = rests[Int(number)]
            }
            let code = RecipientCode(group: group, rest: rest)
            if areNumbers, !code.isInRange { throw BitReader.damaged }
            let isNext = previous.map { $0 < code } ?? (group == firstGroup)
            guard isNext else { throw BitReader.damaged }
            previous = code
            while let first = wanted?.first, first < group { wanted?.removeFirst() }
            if wanted?.isEmpty == true { break }
            let isWanted = wanted?.first.map { $0 == group } ?? true
            let sequenceCount = try bits.nextGamma()
            guard sequenceCount < UInt64(body.count) * 8 else { throw BitReader.damaged }
            let parameter = Self.parameter(of: span, in: Int(sequenceCount) + 1)
            var offset: UInt64 = 0
            for _ in 0...sequenceCount {
                let gap = try bits.next(rice: parameter)
                guard gap <= span, offset <= span - gap else { throw BitReader.damaged }
                offset += gap
                if isWanted { postings.append(code, least + Int64(offset)) }
                offset += 1
            }
        }
        return postings
    }

    /// Returns the rests, of which most recipients have one of a few, in ascending order.
    private static func distinctRests(of codes: [RecipientCode]) -> [UInt64] {
        var rests: [UInt64] = []
        for code in codes {
            let position = position(of: code.rest, in: rests)
            if position == rests.count || rests[position] != code.rest { rests.insert(code.rest, at: position) }
        }
        return rests
    }

    /// Returns the position of the first of ascending rests that is not less than a rest.
    private static func position(of rest: UInt64, in rests: [UInt64]) -> Int {
        var (low, high) = (0, rests.count)
        while low < high {
            let middle = (low + high) / 2
            if rests[middle] < rest { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// Returns the Rice parameter for numbers whose sum is known: about the binary logarithm of 0.69 times their mean.
    ///
    /// The quotients of all of them together are then at most three times their number.
    private static func parameter(of sum: UInt64, in count: Int) -> Int {
        let mean = sum / UInt64(max(1, count))
        return mean < 2 ? 0 : 63 - (mean - mean / 4 - mean / 16).leadingZeroBitCount
    }

    /// Returns how many bits a number less than the count has.
    private static func width(_ count: Int) -> Int { count < 2 ? 0 : Int.bitWidth - (count - 1).leadingZeroBitCount }
}
