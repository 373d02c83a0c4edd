public import SendLogCore

/// A part of the recipient index: the recipients of a range of send logs.
///
/// Its buckets never change.
public struct RecipientSegment: Equatable, Sendable {
    /// The segment's number, unique in its organisation, and never used again.
    public let id: Int64
    /// How often its pairs were merged: 0 for a segment that was made from lists.
    public let level: Int
    /// The sequence numbers whose lists it has.
    public let range: ClosedRange<SequenceNumber>
    /// The number of pairs of recipients and send logs.
    public let pairs: Int

    /// Creates a segment.
    public init(id: Int64, level: Int, range: ClosedRange<SequenceNumber>, pairs: Int) {
        (self.id, self.level, self.range, self.pairs) = (id, level, range, pairs)
    }

    /// Orders segments by their ranges; those of one long list begin with the same send log.
    static func comesBefore(_ left: Self, _ right: Self) -> Bool {
        (left.range.lowerBound, left.range.upperBound, left.id)
            < (right.range.lowerBound, right.range.upperBound, right.id)
    }
}

/// The state of an organisation's recipient index.
public struct RecipientIndex: Equatable, Sendable {
    /// The complete segments, in ascending order of their ranges.
    ///
    /// Neighbours can have a send log in common, whose list is long; both can then have the same pair.
    public private(set) var segments: [RecipientSegment]
    /// The last sequence number up to which the segments have all lists; 0 if there is none.
    public var through: SequenceNumber
    /// The end of the organisation's order of recording.
    public var head: LogHead

    /// Creates the state of an index, of segments in any order.
    public init(segments: [RecipientSegment], through: SequenceNumber, head: LogHead) {
        (self.through, self.head) = (through, head)
        self.segments = segments.sorted(by: RecipientSegment.comesBefore)
    }

    /// Adds a segment in place of others.
    mutating func add(_ segment: RecipientSegment, replacing replaced: [Int64]) {
        segments.removeAll { replaced.contains($0.id) }
        let position = segments.firstIndex { RecipientSegment.comesBefore(segment, $0) }
        segments.insert(segment, at: position ?? segments.endIndex)
    }
}
