import SendLogCore
import SendLogServices
import Testing

@testable import SendLogConsole

/// The sentences that say why a replay was refused.
struct ReplaySentenceTests {
    private func sentence(_ error: any Error, _ kind: ReplayRange.Kind = .all) throws -> String? {
        WebhookPage.sentence(for: error, kind, zone: try #require(UserTimeZone("Asia/Kathmandu")))
    }

    @Test func `an unknown time of recording is explained with the form's labels and the user's time zone`() throws {
        let at = try #require(Timestamp(rfc3339: "2022-01-01T00:00:00.250Z"))
        let first = RecordingTime(sequence: SequenceNumber(5), at: at)
        let from = UnknownRecordingTimes(field: "from", first: first, kind: .all)
        #expect(
            try sentence(from)
                == "“Recorded from” must be 2022-01-01 05:45:11 or later: earlier times of recording are not known. "
                + "Or enter the sequence number before the first send."
        )
        let to = UnknownRecordingTimes(field: "to", first: nil, kind: .failed)
        #expect(
            try sentence(to, .failed)
                == "“Recorded to” must be a later time: earlier times of recording are not known. Or leave it empty."
        )
    }

    @Test func `a refusal is a sentence, and an error of the server is none`() throws {
        #expect(try sentence(ServiceError.replayRefused("it is paused")) == "Nothing was queued: it is paused.")
        #expect(
            try sentence(InvalidInput(path: "after", "must be a sequence number"))
                == "“Or after sequence number” must be a sequence number."
        )
        #expect(try sentence(StoreError.notFound) == nil)
    }
}
