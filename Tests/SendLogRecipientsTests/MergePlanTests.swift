import SendLogCore
import TestSupport
import Testing

@testable import SendLogRecipients

/// The choice of the segments to merge.
struct MergePlanTests {
    @Test func `the first eight of the last neighbours of a level are merged`() {
        let segments = Self.segments(levels: [2, 1, 1] + Array(repeating: 0, count: 11))
        #expect(RecipientMergePlan.next(segments).map(\.id) == Array(3...10))
        #expect(RecipientMergePlan.next(Self.segments(levels: [1] + Array(repeating: 0, count: 7))).isEmpty)
        let earlier = Self.segments(levels: Array(repeating: 1, count: 8) + [0])
        #expect(RecipientMergePlan.next(earlier).map(\.id) == Array(0...7))
        #expect(RecipientMergePlan.next([]).isEmpty)
    }

    @Test func `segments that are too large together stay as they are`() {
        var segments = Self.segments(levels: Array(repeating: 3, count: 8), pairs: RecipientMergePlan.maxPairs / 8 + 1)
        #expect(RecipientMergePlan.next(segments).isEmpty)
        segments = Self.segments(levels: Array(repeating: 3, count: 8), pairs: RecipientMergePlan.maxPairs / 8)
        #expect(RecipientMergePlan.next(segments).count == 8)
        segments = Self.segments(levels: Array(repeating: 3, count: 8), pairs: .max / 2)
        #expect(RecipientMergePlan.next(segments).isEmpty)
    }

    /// While a merge runs, any number of new segments can come.
    @Test func `at most seven segments of each level are left however many wait`() {
        var random = SplitMix64(defaultSeed: 3)
        var (segments, id) = ([RecipientSegment](), Int64(0))
        func mergeNext() -> Bool {
            let merged = RecipientMergePlan.next(segments)
            guard let first = merged.first else { return false }
            let segment = Self.segment(id: id, level: first.level + 1)
            segments.replaceSubrange(merged.startIndex..<merged.endIndex, with: [segment])
            id += 1
            return true
        }
        for _ in 0..<2000 {
            for _ in 0..<Int.random(in: 0...40, using: &random) {
                segments.append(Self.segment(id: id, level: 0))
                id += 1
            }
            _ = mergeNext()
            #expect(zip(segments, segments.dropFirst()).allSatisfy { $0.level >= $1.level })
        }
        while mergeNext() {}
        let counts = Dictionary(grouping: segments, by: \.level).mapValues(\.count)
        #expect(counts.values.allSatisfy { $0 <= 7 } && counts.count < 8, "\(counts)")
    }

    private static func segments(levels: [Int], pairs: Int = 1) -> [RecipientSegment] {
        levels.enumerated().map { segment(id: Int64($0), level: $1, pairs: pairs) }
    }

    private static func segment(id: Int64, level: Int, pairs: Int = 1) -> RecipientSegment {
        let sequence = SequenceNumber(id + 1)
        return RecipientSegment(id: id, level: level, range: sequence...sequence, pairs: pairs)
    }
}
