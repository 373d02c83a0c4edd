import SendLogCore
import Testing

extension StoreCheck {
    static let idempotency = [
        StoreCheck("the same log again is reported as existing, and nothing is written") { store in
            let organisation = try await store.organisation("Acme")
            let log = try Sample.log("a", destinations: ["1", "2"])
            let recorded = try #require(try await store.record(log, in: organisation).recorded)
            for _ in 0..<2 {
                #expect(try await store.record(log, in: organisation) == .existing(recorded))
            }
            let page = try await store.page(SendLogSearch(), in: organisation)
            #expect((page.total, page.asOf, page.sequences) == (1, SequenceNumber(1), [1]))
        },
        StoreCheck("a conflict of content under one id names the fields that differ, and nothing is written") { store in
            let organisation = try await store.organisation("Acme")
            let log = try Sample.log("a", destinations: ["1", "2"])
            let recorded = try #require(try await store.record(log, in: organisation).recorded)
            let others = try [
                (["campaign_id"], Sample.log("a", campaign: "summer", destinations: ["1", "2"])),
                (["message"], Sample.log("a", message: "Hi {{contact.lastname}}", destinations: ["1", "2"])),
                (["triggeredBy"], Sample.log("a", triggeredBy: "api", destinations: ["1", "2"])),
                (["startDeliveryAt"], Sample.log("a", start: Sample.later(1), destinations: ["1", "2"])),
                (["destinations"], Sample.log("a", destinations: ["2", "1"])),
                (["destinations"], Sample.log("a", destinations: ["1"])),
                (["destinations"], Sample.log("a", destinations: ["1", "2", "2"])),
                (["destinations"], Sample.log("a", destinations: ["12"])),
                (["destinations"], Sample.log("a", destinations: [])),
                (["message", "destinations"], Sample.log("a", message: "Hi", destinations: ["1", "3"])),
                // Another start that was not given is no difference.
                (
                    ["triggeredBy"],
                    Sample.log("a", triggeredBy: "api", start: nil, now: Sample.later(1), destinations: ["1", "2"])
                ),
                (
                    ["campaign_id", "message", "triggeredBy", "startDeliveryAt", "destinations"],
                    Sample.log("a", campaign: "summer", message: "", triggeredBy: "api", start: Sample.later(1))
                ),
            ]
            for (fields, other) in others {
                #expect(try await store.record(other, in: organisation) == .conflict(fields: fields))
            }
            #expect(try await store.sendLog(log.id, in: organisation) == recorded)
            #expect(try await store.listText(of: recorded.sequence, in: organisation) == Array(#""1","2""#.utf8))
            #expect(try await store.find(SendLogSearch(), in: organisation) == [1])
            let summer = SendLogSearch(campaigns: try Sample.campaigns("summer"))
            #expect(try await store.find(summer, in: organisation) == [])
        },
        StoreCheck("a conflict leaves no gap in the sequence numbers") { store in
            let organisation = try await store.organisation("Acme")
            let outcomes = try await store.record(
                [
                    Sample.log("a"), Sample.log("a", message: "other"), Sample.log("b"), Sample.log("a"),
                    Sample.log("c"),
                ],
                in: organisation
            )
            #expect(outcomes.map { ($0.recorded ?? $0.existing)?.sequence.number } == [1, nil, 2, 1, 3])
            #expect(outcomes[1] == .conflict(fields: ["message"]))
            #expect(outcomes[3].existing != nil)
        },
        StoreCheck("a repeated log without start matches the recorded default") { store in
            let organisation = try await store.organisation("Acme")
            let first = try Sample.log("a", start: nil, now: Sample.later(0))
            let recorded = try #require(try await store.record(first, in: organisation).recorded)
            let again = try Sample.log("a", start: nil, now: Sample.later(60_000))
            #expect(try await store.record(again, in: organisation) == .existing(recorded))
            let explicit = try Sample.log("a", start: Sample.later(0))
            #expect(try await store.record(explicit, in: organisation) == .existing(recorded))
            let another = try Sample.log("a", start: Sample.later(60_000))
            #expect(try await store.record(another, in: organisation) == .conflict(fields: ["startDeliveryAt"]))
        },
        StoreCheck("a repeated log without start matches the recorded start") { store in
            let organisation = try await store.organisation("Acme")
            let recorded = try await store.record(Sample.log("a", start: .latest), in: organisation).recorded
            let again = try Sample.log("a", start: nil, now: .earliest)
            #expect(try await store.record(again, in: organisation).existing == recorded)
            let other = try Sample.log("a", message: "other", start: nil, now: .earliest)
            #expect(try await store.record(other, in: organisation) == .conflict(fields: ["message"]))
        },
        StoreCheck("thirty senders record the same log at once, and exactly one succeeds") { store in
            let organisation = try await store.organisation("Acme")
            for round in 1...5 {
                let log = try Sample.log("log-\(round)", destinations: ["1"])
                let outcomes = try await race(30, in: organisation, of: store) { _ in log }
                #expect(outcomes.compactMap(\.recorded).count == 1)
                #expect(outcomes.compactMap(\.existing).count == 29)
                let sequences = Set(outcomes.compactMap { ($0.recorded ?? $0.existing)?.sequence.number })
                #expect(sequences == [Int64(round)])
            }
        },
        StoreCheck("thirty logs with one id are recorded at once, and exactly one succeeds") { store in
            let organisation = try await store.organisation("Acme")
            let outcomes = try await race(30, in: organisation, of: store) {
                try Sample.log("a", message: "from \($0)")
            }
            #expect(outcomes.compactMap(\.recorded).count == 1)
            #expect(outcomes.filter { $0 == .conflict(fields: ["message"]) }.count == 29)
            #expect(try await store.find(SendLogSearch(), in: organisation) == [1])
        },
        StoreCheck("ids are compared character for character") { store in
            let organisation = try await store.organisation("Acme")
            let ids = [
                "5f5a1d8d2e0e4c6c8c0c0c0c", "5F5A1D8D2E0E4C6C8C0C0C0C", "5f5a1d8d2e0e4c6c8c0c0c0C",
                "5f5a1d8d2e0e4c6c8c0c0c0", "5f5a1d8d2e0e4c6c8c0c0c0cc", "05f5a1d8d2e0e4c6c8c0c0c0",
                "000000000000000000000000", "ffffffffffffffffffffffff", "a", "A", "-", "_", "0", "00", "1", "01", "1e3",
                "-1", "null", String(repeating: "x", count: 63), String(repeating: "x", count: 64),
                String(repeating: "X", count: 64),
            ]
            for (index, id) in ids.enumerated() {
                // The campaign has the same id, so that both kinds of id are checked.
                let outcome = try await store.record(Sample.log(id, campaign: id), in: organisation)
                #expect(outcome.recorded?.sequence.number == Int64(index + 1), "\(id)")
            }
            for (index, id) in ids.enumerated() {
                let log = try Sample.log(id, campaign: id)
                #expect(try await store.sendLog(log.id, in: organisation).record == log.record, "\(id)")
                let search = SendLogSearch(campaigns: [log.campaignID])
                #expect(try await store.find(search, in: organisation) == [index + 1], "\(id)")
            }
        },
    ]

    /// Records from several tasks at once.
    private static func race(
        _ count: Int,
        in organisation: OrganisationID,
        of store: any LogReader & LogWriter,
        log: @escaping @Sendable (Int) throws -> PreparedSendLog
    ) async throws -> [RecordingOutcome] {
        try await withThrowingTaskGroup(of: RecordingOutcome.self) { group in
            for sender in 0..<count {
                group.addTask { try await store.record(log(sender), in: organisation) }
            }
            var outcomes: [RecordingOutcome] = []
            for try await outcome in group { outcomes.append(outcome) }
            return outcomes
        }
    }
}
