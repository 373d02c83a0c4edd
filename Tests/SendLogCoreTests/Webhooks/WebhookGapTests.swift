import Testing

@testable import SendLogCore

/// The send logs that a webhook never delivers, because they were recorded while it was not active.
struct WebhookGapTests {
    private static func gap(_ after: Int64, _ through: Int64?) -> WebhookGap {
        WebhookGap(after: SequenceNumber(after), through: through.map { SequenceNumber($0) })
    }

    private static func progress(_ cursor: Int64, _ gaps: WebhookGap...) -> WebhookProgress {
        WebhookProgress(cursor: SequenceNumber(cursor), gaps: gaps)
    }

    @Test func `gaps are stored and read unchanged`() throws {
        let gaps = [Self.gap(0, 3), Self.gap(100, 200), Self.gap(300, nil)]
        #expect(WebhookGap.stored(gaps) == "0-3 100-200 300-")
        #expect(try WebhookGap.read(stored: WebhookGap.stored(gaps)) == gaps)
        #expect(try WebhookGap.read(stored: "") == [])
        for text in ["5", "a-6", "5-b", "5-6-7", "-"] {
            #expect(throws: StoreError.self) { try WebhookGap.read(stored: text) }
        }
    }

    @Test func `a stop and start without new send logs leaves no gap, and adjacent gaps are merged`() {
        var progress = Self.progress(2)
        progress.stop(at: SequenceNumber(5))
        progress.start(at: SequenceNumber(5))
        #expect(progress == Self.progress(2))
        for head in [5, 8, 11] as [Int64] {
            progress.stop(at: SequenceNumber(head))
            progress.start(at: SequenceNumber(head + 3))
        }
        #expect(progress == Self.progress(2, Self.gap(5, 14)))
        #expect(progress.backlog(SequenceNumber(20)) == 9)
        progress.advance(to: SequenceNumber(4))
        #expect(progress == Self.progress(4, Self.gap(5, 14)))
        progress.advance(to: SequenceNumber(5))
        #expect(progress == Self.progress(14))
    }

    @Test func `a webhook that was never active starts after the recorded send logs`() {
        var progress = Self.progress(3)
        progress.start(at: SequenceNumber(9))
        #expect(progress == Self.progress(9))
    }

    @Test func `a gap that an earlier version left open ends at the cursor`() {
        var progress = Self.progress(20, Self.gap(5, nil))
        progress.stop(at: SequenceNumber(30))
        progress.start(at: SequenceNumber(40))
        #expect(progress.backlog(SequenceNumber(40)) == 10)
        progress.advance(to: SequenceNumber(30))
        #expect(progress == Self.progress(40))
    }

    @Test func `in an older copy of the database, no gap ends after the head`() {
        var progress = Self.progress(5, Self.gap(30, 40), Self.gap(45, 200), Self.gap(300, 400), Self.gap(500, nil))
        progress.clip(to: SequenceNumber(50))
        #expect(progress == Self.progress(5, Self.gap(30, 40), Self.gap(45, 50), Self.gap(50, nil)))
        progress = Self.progress(100)
        progress.clip(to: SequenceNumber(50))
        #expect(progress == Self.progress(50))
    }
}
