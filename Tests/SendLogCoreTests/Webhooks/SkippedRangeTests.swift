import Testing

@testable import SendLogCore

/// The send logs that a webhook never delivers, because they were recorded while it was not active.
struct SkippedRangeTests {
    private static func range(_ after: Int64, _ through: Int64?) -> SkippedRange {
        SkippedRange(after: SequenceNumber(after), through: through.map { SequenceNumber($0) })
    }

    private static func progress(_ cursor: Int64, _ skippedRanges: SkippedRange...) -> WebhookProgress {
        WebhookProgress(cursor: SequenceNumber(cursor), skippedRanges: skippedRanges)
    }

    private static func pending(_ progress: WebhookProgress, _ head: Int64) -> [ClosedRange<Int64>] {
        progress.pendingRanges(to: SequenceNumber(head)).map { $0.lowerBound.number...$0.upperBound.number }
    }

    @Test func `skipped ranges are stored and read unchanged`() throws {
        let skippedRanges = [Self.range(0, 3), Self.range(100, 200), Self.range(300, nil)]
        #expect(SkippedRange.stored(skippedRanges) == "0-3 100-200 300-")
        #expect(try SkippedRange.read(stored: SkippedRange.stored(skippedRanges)) == skippedRanges)
        #expect(try SkippedRange.read(stored: "") == [])
        for text in ["5", "a-6", "5-b", "5-6-7", "-"] {
            #expect(throws: StoreError.self) { try SkippedRange.read(stored: text) }
        }
    }

    @Test func `a stop and start without new send logs leaves no range, and adjacent skipped ranges are merged`() {
        var progress = Self.progress(2)
        progress.stop(at: SequenceNumber(5))
        progress.start(at: SequenceNumber(5))
        #expect(progress == Self.progress(2))
        for head in [5, 8, 11] as [Int64] {
            progress.stop(at: SequenceNumber(head))
            progress.start(at: SequenceNumber(head + 3))
        }
        #expect(progress == Self.progress(2, Self.range(5, 14)))
        #expect(Self.pending(progress, 20) == [3...5, 15...20])
        progress.advance(to: SequenceNumber(4))
        #expect(progress == Self.progress(4, Self.range(5, 14)))
        progress.advance(to: SequenceNumber(5))
        #expect(progress == Self.progress(14))
    }

    @Test func `a range without its pending parts has what was processed and skipped`() {
        func processed(_ progress: WebhookProgress, _ after: Int64, _ through: Int64) -> [ClosedRange<Int64>] {
            progress.processedRanges(after: SequenceNumber(after), through: SequenceNumber(through))
                .map { $0.lowerBound.number...$0.upperBound.number }
        }
        let progress = Self.progress(10, Self.range(20, 30), Self.range(40, 41))
        #expect(processed(progress, 0, 50) == [1...10, 21...30, 41...41])
        #expect(processed(progress, 5, 25) == [6...10, 21...25])
        #expect(processed(progress, 15, 22) == [21...22] && processed(progress, 25, 60) == [26...30, 41...41])
        #expect(processed(progress, 30, 40) == [] && processed(progress, 50, 9) == [])
        #expect(processed(Self.progress(10), 0, .max) == [1...10] && processed(Self.progress(10), 3, 8) == [4...8])
    }

    @Test func `a webhook that was never active starts after the recorded send logs`() {
        var progress = Self.progress(3)
        progress.start(at: SequenceNumber(9))
        #expect(progress == Self.progress(9))
    }

    @Test func `a range that an earlier version left open ends at the cursor`() {
        var progress = Self.progress(20, Self.range(5, nil))
        progress.stop(at: SequenceNumber(30))
        progress.start(at: SequenceNumber(40))
        #expect(Self.pending(progress, 40) == [21...30])
        progress.advance(to: SequenceNumber(30))
        #expect(progress == Self.progress(40))
    }

    @Test func `pending ranges end at the head, also of a damaged row`() {
        #expect(Self.pending(Self.progress(5), 5) == [])
        #expect(Self.pending(Self.progress(7), 5) == [])
        #expect(Self.pending(Self.progress(-3), 2) == [1...2])
        #expect(Self.pending(Self.progress(.max), 2) == [])
        #expect(Self.pending(Self.progress(0, Self.range(3, nil)), 9) == [1...3])
        #expect(Self.pending(Self.progress(0, Self.range(3, 4), Self.range(20, 30)), 9) == [1...3, 5...9])
        // Ranges that are out of order or overlap come from a damaged row.
        #expect(Self.pending(Self.progress(0, Self.range(6, 8), Self.range(2, 7)), 9) == [1...6, 9...9])
        #expect(Self.pending(Self.progress(0, Self.range(.max, .max)), 9) == [1...9])
    }

    @Test func `in an older copy of the database, no range ends after the head`() {
        var progress = Self.progress(
            5,
            Self.range(30, 40),
            Self.range(45, 200),
            Self.range(300, 400),
            Self.range(500, nil)
        )
        progress.clip(to: SequenceNumber(50))
        #expect(progress == Self.progress(5, Self.range(30, 40), Self.range(45, 50), Self.range(50, nil)))
        progress = Self.progress(100)
        progress.clip(to: SequenceNumber(50))
        #expect(progress == Self.progress(50))
    }
}
