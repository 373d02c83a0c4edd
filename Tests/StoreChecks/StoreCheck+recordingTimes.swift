import SendLogCore
import Testing

/// The samples that say when send logs were recorded.
extension StoreCheck {
    /// Samples all organisations at a number of minutes after ``Sample/start``, and keeps samples since another one.
    private static func sample(_ store: any Store, at minutes: Int, keepingFrom oldest: Int = -1000) async throws -> Int
    {
        let (now, oldest) = (try WebhookSample.at(minutes * 60_000), try WebhookSample.at(oldest * 60_000))
        var count = 0
        while true {
            let sampled = try await store.sampleRecordingTimes(keepingFrom: oldest) { now }
            if sampled == 0 { return count }
            count += sampled
        }
    }

    /// Returns the samples as texts, such as `12@3` for sequence number 12 at minute 3.
    private static func samples(_ store: any Store, of organisation: OrganisationID) async throws -> [String] {
        let times = try await store.recordingTimes(in: organisation, after: SequenceNumber(-1), limit: 1000)
        return try times.map { time in
            let start = try WebhookSample.at(0)
            return "\(time.sequence.number)@\((time.at.milliseconds - start.milliseconds) / 60_000)"
        }
    }

    static let recordingTimes = [
        StoreCheck("an organisation is sampled when it is created, and then once a minute if it records") { store in
            let name = try #require(OrganisationName("Acme"))
            let acme = try await store.createOrganisation(named: name, at: WebhookSample.at(0)).id
            #expect(try await samples(store, of: acme) == ["0@0"])
            #expect(try await sample(store, at: 5) == 0)
            _ = try await store.record(Sample.logs(3, "a"), in: acme)
            // The organisation was created less than a minute ago, also on a server whose clock is behind.
            #expect(try await sample(store, at: 0) == 0)
            #expect(try await sample(store, at: 6) == 1)
            #expect(try await sample(store, at: 9) == 0)
            _ = try await store.record(Sample.logs(2, "b"), in: acme)
            let zulu = try await store.createOrganisation(
                named: #require(OrganisationName("Zulu")),
                at: WebhookSample.at(0)
            )
            _ = try await store.record(Sample.logs(1, "z"), in: zulu.id)
            #expect(try await sample(store, at: 9) == 2)
            #expect(try await samples(store, of: acme) == ["0@0", "3@6", "5@9"])
            #expect(try await samples(store, of: zulu.id) == ["0@0", "1@9"])
            let later = try await store.recordingTimes(in: acme, after: SequenceNumber(0), limit: 1)
            #expect(later.map(\.sequence.number) == [3])
        },
        StoreCheck("a time lies between the samples around it, also if a clock was wrong") { store in
            let acme = try await store.organisation("Acme")
            func time(_ sequence: Int64, _ minutes: Int) throws -> RecordingTime {
                RecordingTime(sequence: SequenceNumber(sequence), at: try WebhookSample.at(minutes * 60_000))
            }
            let first = try #require(
                try await store.recordingTimes(in: acme, after: SequenceNumber(-1), limit: 9).first
            )
            #expect(first.sequence.number == 0)
            // The clock was an hour ahead at 30, and an hour behind at 50.
            let times = try [
                time(0, 0), time(10, 1), time(20, 2), time(30, 63), time(40, 4), time(50, -55), time(60, 6),
            ]
            try await store.addRecordingTimes(times, in: acme)
            try await store.addRecordingTimes(times, in: acme)
            #expect(try await store.recordingTimes(in: acme, after: SequenceNumber(-1), limit: 9) == times)
            for (minute, before, after) in [
                (-99, nil, 50), (0, nil, 60), (1, 0, 60), (2, 10, 60), (3, 20, 60), (5, 20, 60), (6, 20, nil),
                (70, 30, nil),
            ] as [(Int, Int64?, Int64?)] {
                let at = try WebhookSample.at(minute * 60_000)
                let last = try await store.lastRecordingTime(before: at, in: acme)
                let first = try await store.firstRecordingTime(after: at, in: acme)
                #expect(last?.sequence.number == before && first?.sequence.number == after, "\(minute)")
            }
            let zulu = try await store.organisation("Zulu")
            #expect(try await store.lastRecordingTime(before: .latest, in: zulu)?.sequence.number == 0)
            #expect(try await store.firstRecordingTime(after: .latest, in: zulu) == nil)
            let none = OrganisationID(zulu.number + 1)
            #expect(try await store.lastRecordingTime(before: .latest, in: none) == nil)
        },
        StoreCheck("a wrong sample makes a range of times larger, and never smaller") { store in
            let acme = try await store.organisation("Acme")
            // Each minute has ten send logs.
            func sample(_ minute: Int, wrongBy shift: Int = 0) throws -> RecordingTime {
                let at = try WebhookSample.at((minute + shift) * 60_000)
                return RecordingTime(sequence: SequenceNumber(Int64(minute * 10)), at: at)
            }
            for minute in 0...6 { try await store.addRecordingTimes([sample(minute)], in: acme) }
            for (wrong, shift) in (0...6).flatMap({ [($0, 0), ($0, -60), ($0, 60)] }) {
                try await store.addRecordingTimes([sample(wrong, wrongBy: shift)], in: acme)
                for minute in 0...5 {
                    let time = try WebhookSample.at(minute * 60_000 + 30_000)
                    let last = try await store.lastRecordingTime(before: time, in: acme)
                    let first = try await store.firstRecordingTime(after: time, in: acme)
                    let description = "\(wrong) by \(shift), \(minute)"
                    #expect((last?.sequence.number ?? 0) <= minute * 10, "\(description)")
                    // One in the future is not used.
                    let used = first.flatMap { $0.at > time.advanced(by: 3_000_000) ? nil : $0 }
                    let isLargeEnough = used.map { $0.sequence.number >= Int64(minute * 10 + 10) } ?? true
                    #expect(isLargeEnough, "\(description)")
                    if shift != 0 { continue }
                    #expect(try last == sample(minute) && first == sample(minute + 1), "\(description)")
                }
                try await store.addRecordingTimes([sample(wrong)], in: acme)
            }
        },
        StoreCheck("samples are deleted when they are old, but the newest of the old ones is kept") { store in
            let name = try #require(OrganisationName("Acme"))
            let acme = try await store.createOrganisation(named: name, at: WebhookSample.at(0)).id
            for minute in 1...30 {
                _ = try await store.record(Sample.logs(1, "log-\(minute)"), in: acme)
                #expect(try await sample(store, at: minute) == 1)
            }
            #expect(try await samples(store, of: acme).count == 31)
            let wrong = RecordingTime(sequence: SequenceNumber(12), at: try WebhookSample.at(-900 * 60_000))
            try await store.addRecordingTimes([wrong], in: acme)
            // A call deletes a limited number. A wrong clock does not make a sample an old one.
            for (minute, oldest) in [(31, "10@10"), (32, "11@11"), (33, "27@27"), (34, "27@27")] {
                _ = try await store.record(Sample.logs(1, "log-\(minute)"), in: acme)
                #expect(try await sample(store, at: minute, keepingFrom: 28) == 1)
                #expect(try await samples(store, of: acme).first == oldest)
            }
            #expect(try await samples(store, of: acme).count == 8)
        },
    ]
}
