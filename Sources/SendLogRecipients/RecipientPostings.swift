/// Recipients in ascending order of their codes, each with the sequence numbers of its sends.
///
/// Its parts are flat arrays, because a segment has millions of recipients.
public struct RecipientPostings: Equatable, Sendable {
    /// The recipients' codes, ascending; in a bucket that continues another one, the first is that one's last.
    public private(set) var codes: [RecipientCode] = []
    /// The end of each recipient's sequence numbers in ``sequences``.
    public private(set) var ends: [Int] = []
    /// The sequence numbers, ascending for each recipient.
    public private(set) var sequences: [Int64] = []

    /// Creates postings of no recipients.
    public init() {}

    /// Appends a recipient's sequence number; that of the last recipient, or of a greater one.
    mutating func append(_ code: RecipientCode, _ sequence: Int64) {
        sequences.append(sequence)
        if codes.last == code {
            ends[ends.count - 1] = sequences.count
        } else {
            codes.append(code)
            ends.append(sequences.count)
        }
    }

    /// Returns where the sequence numbers of the recipient at an index are.
    func range(at index: Int) -> Range<Int> { (index == 0 ? 0 : ends[index - 1])..<ends[index] }

    /// Returns the sequence numbers of the recipient at an index.
    public func sequences(at index: Int) -> ArraySlice<Int64> { sequences[range(at: index)] }

    mutating func removeAll() {
        codes.removeAll(keepingCapacity: true)
        ends.removeAll(keepingCapacity: true)
        sequences.removeAll(keepingCapacity: true)
    }

    /// Returns the first pairs and the others.
    func split(after count: Int) -> (RecipientPostings, RecipientPostings) {
        var (first, second) = (RecipientPostings(), RecipientPostings())
        for index in codes.indices {
            for position in range(at: index) {
                if position < count {
                    first.append(codes[index], sequences[position])
                } else {
                    second.append(codes[index], sequences[position])
                }
            }
        }
        return (first, second)
    }
}
