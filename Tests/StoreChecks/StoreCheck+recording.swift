import SendLogContent
import SendLogCore
import Testing

extension StoreCheck {
    static let recording = [
        StoreCheck("the first log has sequence number 1 and the others follow in the order given") { store in
            let organisation = try await store.organisation("Acme")
            let first = try await store.record(Sample.logs(3, "a"), in: organisation)
            let second = try await store.record(Sample.logs(2, "b"), in: organisation)
            #expect((first + second).compactMap(\.recorded?.sequence.number) == [1, 2, 3, 4, 5])
        },
        StoreCheck("an empty batch records nothing") { store in
            let organisation = try await store.organisation("Acme")
            #expect(try await store.record([], in: organisation) == [])
            #expect(try await store.search(SendLogSearch(), in: organisation).asOf == SequenceNumber(0))
        },
        StoreCheck("a log is read back unchanged") { store in
            let organisation = try await store.organisation("Acme")
            let message = "Hé \"{{contact.firstname}}\"\\\n\u{1}\u{2028}😀, it's 5' o'clock; DROP TABLE send_logs;--"
            let log = try Sample.log("a", message: message, triggeredBy: "né", destinations: ["27821234567", "x"])
            let outcome = try await store.record(log, in: organisation)
            let stored = StoredSendLog(
                sequence: SequenceNumber(1),
                record: log.record,
                destinations: 2,
                digest: log.digest
            )
            #expect(outcome == .recorded(stored))
            #expect(try await store.sendLog(log.id, in: organisation) == stored)
        },
        StoreCheck("batches of every size are recorded, and those that have existing logs as well") { store in
            let organisation = try await store.organisation("Acme")
            var (sends, destinations) = (0, 0)
            // The PostgreSQL store writes few logs, and few chunks, in another way than many.
            for size in [1, 2, 5, 6, 7, 8, 20] {
                let logs = try (0..<size).map { number in
                    try Sample.plain(
                        "log-\(size)-\(number)",
                        campaign: "c\(number % 3)",
                        day: 19_000 + number % 2,
                        count: number % 4
                    )
                }
                let some = Array(logs[(size / 2)...])
                let first = try await store.record(some, in: organisation).compactMap(\.recorded?.sequence.number)
                #expect(first == (1...some.count).map { Int64(sends + $0) })
                let all = try await store.record(logs, in: organisation)
                #expect(all.dropFirst(size / 2).map(\.recorded) == some.map { _ in nil }, "\(size)")
                let rest = all.prefix(size / 2).compactMap(\.recorded?.sequence.number)
                #expect(rest == (0..<size / 2).map { Int64(sends + some.count + 1 + $0) }, "\(size)")
                for log in logs { #expect(try await store.sendLog(log.id, in: organisation).digest == log.digest) }
                sends += size
                destinations += logs.map(\.destinations.count).reduce(0, +)
                let sums = try await store.organisation(organisation)
                #expect((sums.sends, sums.destinations) == (sends, destinations), "\(size)")
            }
            #expect(try await store.check { _, _ in } == [])
        },
        StoreCheck("an id that was never recorded is not found") { store in
            let organisation = try await store.organisation("Acme")
            let unknown = try Sample.log("unknown").id
            await #expect(throws: StoreError.notFound) { try await store.sendLog(unknown, in: organisation) }
            _ = try await store.record(Sample.log("known"), in: organisation)
            await #expect(throws: StoreError.notFound) { try await store.sendLog(unknown, in: organisation) }
        },
        StoreCheck("fifty concurrent senders leave no gap and lose no log") { store in
            let organisation = try await store.organisation("Acme")
            var sequences: [Int64] = []
            try await withThrowingTaskGroup(of: [Int64].self) { group in
                for sender in 0..<50 {
                    group.addTask {
                        var sequences: [Int64] = []
                        for log in try Sample.logs(20, "sender-\(sender)", campaign: "campaign-\(sender % 7)") {
                            let stored = try #require(try await store.record(log, in: organisation).recorded)
                            sequences.append(stored.sequence.number)
                        }
                        // A sender that waits for each response gets ascending sequence numbers.
                        #expect(sequences == sequences.sorted())
                        return sequences
                    }
                }
                for try await part in group { sequences += part }
            }
            #expect(sequences.sorted() == Array(1...1000))
            let page = try await store.page(SendLogSearch(limit: 1000, order: .oldestFirst), in: organisation)
            #expect(page.total == 1000)
            #expect(page.sequences == Array(1...1000))
        },
        StoreCheck("a batch of 6,000 logs is recorded whole") { store in
            let organisation = try await store.organisation("Acme")
            let outcomes = try await store.record(Sample.logs(6000, "a"), in: organisation)
            #expect(outcomes.compactMap(\.recorded?.sequence.number) == Array(1...6000))
            let result = try await store.search(SendLogSearch(limit: 0), in: organisation)
            #expect(result.total == 6000)
        },
        StoreCheck("a recorded log is in the next search, and found by its id") { store in
            let organisation = try await store.organisation("Acme")
            try await withThrowingTaskGroup(of: Void.self) { group in
                for sender in 0..<8 {
                    group.addTask {
                        for log in try Sample.logs(10, "sender-\(sender)", campaign: "campaign-\(sender)") {
                            let stored = try #require(try await store.record(log, in: organisation).recorded)
                            #expect(try await store.sendLog(log.id, in: organisation) == stored)
                            let search = SendLogSearch(campaigns: [log.campaignID], order: .newestFirst)
                            #expect(try await store.find(search, in: organisation).first == Int(stored.sequence.number))
                        }
                    }
                }
                try await group.waitForAll()
            }
        },
        StoreCheck("each organisation has its own sequence numbers") { store in
            let acme = try await store.organisation("Acme")
            let zulu = try await store.organisation("Zulu")
            for turn in 1...3 {
                for organisation in [acme, zulu] {
                    let outcome = try await store.record(Sample.log("log-\(turn)"), in: organisation)
                    #expect(outcome.recorded?.sequence == SequenceNumber(Int64(turn)))
                }
            }
        },
        StoreCheck("an organisation's sums count each recorded log once") { store in
            let organisation = try await store.organisation("Acme")
            _ = try await store.record(Sample.log("a", destinations: ["1", "2", "3"]), in: organisation)
            _ = try await store.record(Sample.log("b", destinations: []), in: organisation)
            _ = try await store.record(Sample.log("a", destinations: ["1", "2", "3"]), in: organisation)
            _ = try await store.record(Sample.log("b", destinations: ["1"]), in: organisation)
            let sums = try #require(try await store.organisations().first)
            #expect(sums.sends == 2)
            #expect(sums.destinations == 3)
        },
        StoreCheck("a spool that fails during recording rolls back its whole batch") { store in
            let organisation = try await store.organisation("Acme")
            let batch = try [Sample.log("whole", campaign: "new"), broken("broken")]
            await #expect(throws: StoreError.self) { try await store.record(batch, in: organisation) }
            for log in batch {
                await #expect(throws: StoreError.notFound) { try await store.sendLog(log.id, in: organisation) }
            }
            let result = try await store.search(SendLogSearch(campaigns: [batch[0].campaignID]), in: organisation)
            #expect((result.total, result.asOf) == (0, SequenceNumber(0)))
            let outcome = try await store.record(Sample.log("next", campaign: "new"), in: organisation)
            #expect(outcome.recorded?.sequence == SequenceNumber(1))
            #expect(try await store.find(SendLogSearch(campaigns: [batch[0].campaignID]), in: organisation) == [1])
        },
        StoreCheck("a spool that fails does not affect other requests") { store in
            let organisation = try await store.organisation("Acme")
            let other = try await store.organisation("Zulu")
            try await withThrowingTaskGroup(of: Void.self) { group in
                for sender in 0..<40 {
                    group.addTask {
                        if sender % 4 == 0 {
                            let log = try broken("broken-\(sender)")
                            await #expect(throws: StoreError.self) { try await store.record([log], in: other) }
                        } else {
                            let log = try Sample.log("whole-\(sender)", destinations: ["1"])
                            #expect(try await store.record(log, in: organisation).recorded != nil)
                        }
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await store.search(SendLogSearch(limit: 0), in: organisation).total == 30)
            #expect(try await store.search(SendLogSearch(limit: 0), in: other).total == 0)
        },
    ]

    /// A log whose spool fails at the second chunk.
    private static func broken(_ id: String) throws -> PreparedSendLog {
        PreparedSendLog(
            id: try #require(SendLogID(id)),
            campaignID: try #require(CampaignID("spring")),
            message: [],
            triggeredBy: Array("manual".utf8),
            start: .earliest,
            now: .earliest,
            destinations: DestinationList(count: 2, digest: ListDigest().value(), spool: BrokenSpool())
        )
    }
}

/// Returns one chunk and fails at the second, like a spool on a failing disk.
private struct BrokenSpool: DestinationSpool {
    func forEachChunk(_ body: (DestinationChunk) throws -> Void) throws {
        try body(DestinationChunk(text: Array(#""1""#.utf8), count: 1))
        throw StoreError.unavailable(.inputOutput, detail: "the spool is broken")
    }
}
