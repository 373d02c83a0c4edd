import SendLogContent
import SendLogCore
import Testing

/// The isolation of organisations from each other.
extension StoreCheck {
    static let isolation = [
        StoreCheck("two organisations may use the same ids, and each sees only its own logs") { store in
            let pair = try await twins(in: store)
            for twin in pair {
                for number in 0..<twin.logs.count {
                    let stored = try await store.sendLog(twin.logs[number].id, in: twin.organisation)
                    #expect(stored.sequence.number == Int64(number + 1))
                    #expect(stored.record == twin.logs[number].record)
                    #expect(
                        try await store.listText(of: stored.sequence, in: twin.organisation)
                            == Array("\"\(twin.name)-\(number)\"".utf8)
                    )
                }
            }
        },
        StoreCheck("another organisation's id is not found") { store in
            let pair = try await twins(in: store)
            let zuluLog = try Sample.log("only-zulu", campaign: "only-zulu")
            _ = try await store.record(zuluLog, in: pair[1].organisation)
            await #expect(throws: StoreError.notFound) {
                try await store.sendLog(zuluLog.id, in: pair[0].organisation)
            }
            // A store that finds the log without blocking must also refuse it to others without blocking.
            let isImmediate = try store.sendLogWithoutBlocking(zuluLog.id, in: pair[1].organisation) != nil
            do {
                let foreign = try store.sendLogWithoutBlocking(zuluLog.id, in: pair[0].organisation)
                #expect(foreign == nil && !isImmediate)
            } catch {
                #expect(error as? StoreError == .notFound)
            }
            store.endReads()
            // Another organisation may use the same id.
            let other = try Sample.log("only-zulu", message: "of Acme")
            #expect(try await store.record(other, in: pair[0].organisation).recorded != nil)
        },
        StoreCheck("a search finds only its organisation's logs") { store in
            let pair = try await twins(in: store)
            _ = try await store.record(Sample.log("only-zulu", campaign: "only-zulu"), in: pair[1].organisation)
            let searches = try [
                SendLogSearch(order: .oldestFirst),
                SendLogSearch(from: .earliest, to: .latest, order: .oldestFirst),
                SendLogSearch(campaigns: Sample.campaigns("spring"), order: .oldestFirst),
                SendLogSearch(campaigns: Sample.campaigns("spring", "only-zulu"), order: .oldestFirst),
                SendLogSearch(from: Sample.later(-10), to: Sample.later(10), order: .oldestFirst),
            ]
            let acme = pair[0]
            for search in searches {
                let page = try await store.page(search, in: acme.organisation)
                #expect(page.total == acme.logs.count)
                #expect(page.rows.map(\.record) == acme.logs.map(\.record))
                #expect(page.asOf == SequenceNumber(Int64(acme.logs.count)))
            }
            let foreign = SendLogSearch(campaigns: try Sample.campaigns("only-zulu"))
            #expect(try await store.page(foreign, in: acme.organisation).total == 0)
        },
        StoreCheck("totals count only the organisation's logs") { store in
            let pair = try await twins(in: store)
            _ = try await store.record(
                Sample.log("more", campaign: "zulu", destinations: ["1"]),
                in: pair[1].organisation
            )
            let cut = try #require(Sample.start)
            var found = SendLogSearch()
            found.found = [20, 21]
            for (search, sends) in [
                (SendLogSearch(), [20, 21]), (SendLogSearch(campaigns: try Sample.campaigns("zulu")), [0, 1]),
                (found, [1, 2]),
            ] {
                for (twin, sends) in zip(pair, sends) {
                    let totals = try await store.totals(
                        of: search,
                        in: [Timestamp.earliest...cut, cut.advanced(by: 1)...Timestamp.latest],
                        maxReads: nil,
                        of: twin.organisation
                    )
                    #expect(totals?.reduce(0) { $0 + $1.sends } == sends)
                    #expect(totals?.reduce(0) { $0 + $1.destinations } == sends)
                }
            }
        },
        StoreCheck("the rest of a page belongs to the organisation that reads it") { store in
            let pair = try await twins(in: store, message: String(repeating: "m", count: SendLogRules.maxMessageLength))
            for campaigns in [nil, try Sample.campaigns("spring", "none")] {
                let search = SendLogSearch(campaigns: campaigns, order: .oldestFirst)
                let block = try await store.search(search, in: pair[0].organisation).rows
                let rest = try #require(block.rest)
                for twin in pair {
                    var records: [UInt8] = []
                    var next: RestOfPage? = rest
                    while let rest = next {
                        let block = try await store.rows(rest, in: twin.organisation)
                        records += block.rows.flatMap { block.text[$0.record] }
                        next = block.rest
                    }
                    #expect(records == twin.logs.dropFirst(block.rows.count).flatMap(\.record))
                }
            }
        },
        StoreCheck("the list of another organisation's log is not found") { store in
            let pair = try await twins(in: store)
            let log = try Sample.log("only-zulu", destinations: ["27821234567"])
            let stored = try #require(try await store.record(log, in: pair[1].organisation).recorded)
            #expect(try await store.chunks(of: stored.sequence, from: 0, in: pair[0].organisation) == [])
            #expect(try await store.chunks(of: stored.sequence, in: pair[1].organisation).count == 1)
        },
        StoreCheck("a repeated log is compared only with its organisation's logs") { store in
            let pair = try await twins(in: store)
            for (twin, other) in zip(pair, pair.reversed()) {
                #expect(try await store.record(twin.logs[0], in: twin.organisation).existing != nil)
                let outcome = try await store.record(other.logs[0], in: twin.organisation)
                #expect(outcome == .conflict(fields: ["message", "destinations"]))
            }
        },
        StoreCheck("each organisation has its own sums") { store in
            let pair = try await twins(in: store)
            _ = try await store.record(Sample.log("more", destinations: ["1", "2"]), in: pair[1].organisation)
            let sums = try await store.organisations()
            #expect(sums.map(\.sends) == [20, 21])
            #expect(sums.map(\.destinations) == [20, 22])
        },
        StoreCheck("another organisation's key is neither listed nor revoked") { store in
            let acme = try await store.organisation("Acme")
            let zulu = try await store.organisation("Zulu")
            let described = NewAPIKey(name: "same", permissions: [.all], expires: nil)
            let hashes = [[UInt8](repeating: 1, count: 32), [UInt8](repeating: 2, count: 32)]
            let acmeKey = try await store.createKey(described, hash: hashes[0], in: acme, at: .earliest)
            let zuluKey = try await store.createKey(described, hash: hashes[1], in: zulu, at: .earliest)
            #expect(try await store.keys(in: acme) == [acmeKey])
            #expect(try await store.keys(in: zulu) == [zuluKey])
            await #expect(throws: StoreError.notFound) {
                try await store.revokeKey(zuluKey.id, in: acme, at: .earliest)
            }
            #expect(try await store.keys(in: zulu) == [zuluKey])
        },
        StoreCheck("an organisation that does not exist has no data and records nothing") { store in
            let acme = try await store.organisation("Acme")
            _ = try await store.record(Sample.log("a", destinations: ["1"]), in: acme)
            let unknown = OrganisationID(acme.number + 1)
            let log = try Sample.log("b")
            await #expect(throws: StoreError.self) { try await store.record([log], in: unknown) }
            await #expect(throws: StoreError.notFound) { try await store.sendLog(log.id, in: unknown) }
            #expect(try await store.chunks(of: SequenceNumber(1), from: 0, in: unknown) == [])
            // The next organisation gets that number, and is empty.
            let zulu = try await store.organisation("Zulu")
            #expect(try await store.find(SendLogSearch(), in: zulu) == [])
            #expect(try await store.keys(in: zulu) == [])
        },
    ]

    private struct Twin {
        let name: String
        let organisation: OrganisationID
        let logs: [PreparedSendLog]
    }

    /// Two organisations whose logs have the same ids, campaign and starts, recorded in turn; only the texts differ.
    private static func twins(
        in store: any LogReader & LogWriter & OrganisationStore,
        message: String = ""
    ) async throws -> [Twin] {
        var pair: [Twin] = []
        for name in ["Acme", "Zulu"] {
            let logs = try (0..<20).map { number in
                try Sample.log(
                    "log-\(number)",
                    message: message.isEmpty ? "of \(name)" : name + message.dropFirst(name.count),
                    start: Sample.later(number / 3),
                    destinations: ["\(name)-\(number)"]
                )
            }
            pair.append(Twin(name: name, organisation: try await store.organisation(name), logs: logs))
        }
        for number in 0..<20 {
            for twin in pair {
                let outcome = try await store.record(twin.logs[number], in: twin.organisation)
                #expect(outcome.recorded?.sequence.number == Int64(number + 1))
            }
        }
        return pair
    }
}
