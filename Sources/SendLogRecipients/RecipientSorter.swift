public import SendLogCore

/// Sorts pairs of recipients and sequence numbers: what an index makes of the lists of some send logs.
public struct RecipientSorter: ~Copyable {
    /// A telephone number in one integer, in the order of its code.
    private struct Number {
        var code: UInt64
        var sequence: Int64
    }

    private let first: Int64
    private var numbers: [Number] = []
    private var texts: [(code: RecipientCode, sequence: Int64)] = []

    /// The bits of a number's ``RecipientCode/rest``; its group has as many.
    private static let bits: UInt64 = 27

    /// Creates a sorter.
    ///
    /// - Parameter first: the least sequence number that will be added
    public init(first: SequenceNumber) { self.first = first.number }

    /// The number of pairs, repeated ones included.
    public var count: Int { numbers.count + texts.count }

    /// Adds a destination of a send log; sequence numbers must not descend.
    public mutating func add(_ code: RecipientCode, _ sequence: SequenceNumber) {
        if code.isNumber {
            numbers.append(Number(code: code.group << Self.bits | code.rest, sequence: sequence.number))
        } else {
            texts.append((code, sequence.number))
        }
    }

    /// Sorts the pairs, and cuts them into buckets.
    ///
    /// - Parameter take: takes each bucket
    /// - Returns: the number of pairs, repeated ones not included.
    /// - Throws: what `take` throws.
    public consuming func finish<Failure: Error>(
        _ take: (RecipientBucket) throws(Failure) -> Void
    ) throws(Failure) -> Int {
        var writer = RecipientSegmentWriter(first: first)
        sortNumbers()
        var last: Number?
        for number in numbers {
            if let last, (last.code, last.sequence) == (number.code, number.sequence) { continue }
            last = number
            let code = RecipientCode(group: number.code >> Self.bits, rest: number.code & (1 << Self.bits - 1))
            try writer.add(code, number.sequence, take)
        }
        numbers = []
        texts.sort { ($0.code, $0.sequence) < ($1.code, $1.sequence) }
        for (index, text) in texts.enumerated() where index == 0 || texts[index - 1] != text {
            try writer.add(text.code, text.sequence, take)
        }
        try writer.finish(take)
        return writer.pairCount
    }

    /// Sorts the numbers by their codes, digit by digit from the last, which keeps the order of their sequence numbers.
    private mutating func sortNumbers() {
        var other: [Number] = []
        for shift in stride(from: 0, to: 2 * Self.bits, by: Int(RadixSort.digitBits)) {
            RadixSort.sort(&numbers, &other, byDigitAt: shift) { $0.code }
        }
    }
}
