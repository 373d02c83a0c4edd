import Foundation
import SendLogCore
import SendLogRecipients
import TestSupport
import Testing

/// Audiences of send logs: their recipients are those of plain lists.
extension StoreCheck {
    static let audiences = [
        StoreCheck("audiences are compared as plain lists are, while others record and delete") { store in
            let seed = TestSeed.printed("audiences are compared as plain lists are")
            var trial = try await AudienceTrial(store, seed: seed)
            for round in 0..<TestScale.count(12, soak: 200) { try await trial.takeRound(round) }
        },
        StoreCheck("a send that does not exist, or is newer than the snapshot, is not found") { store in
            let store = try #require(store as? any Store & RecipientIndexStore)
            let (acme, zulu) = (try await store.organisation("Acme"), try await store.organisation("Zulu"))
            _ = try await store.record(Sample.log("first", destinations: ["1"]), in: acme)
            _ = try await store.record(Sample.log("second", destinations: ["1", "2"]), in: acme)
            func count(_ id: String, asOf: Int64, in organisation: OrganisationID) async throws -> Int {
                var sorter = AudienceSorter(callingCode: nil, spoolFolder: NSTemporaryDirectory())
                let reader = AudienceReader(store, in: organisation, asOf: SequenceNumber(asOf))
                try await reader.add(.send(#require(SendLogID(id))), as: .a, to: &sorter)
                return try await sorter.count().a
            }
            #expect(try await count("second", asOf: 2, in: acme) == 2)
            await #expect(throws: StoreError.notFound) { try await count("second", asOf: 1, in: acme) }
            await #expect(throws: StoreError.notFound) { try await count("first", asOf: 0, in: acme) }
            await #expect(throws: StoreError.notFound) { try await count("first", asOf: 2, in: zulu) }
            await #expect(throws: StoreError.notFound) { try await count("third", asOf: 2, in: acme) }
        },
        StoreCheck("reading an audience ends when its client disconnects") { store in
            let store = try #require(store as? any Store & RecipientIndexStore)
            let acme = try await store.organisation("Acme")
            for number in 0..<3 { _ = try await store.record(Sample.log("\(number)", destinations: ["1"]), in: acme) }
            var sorter = AudienceSorter(callingCode: nil, spoolFolder: NSTemporaryDirectory())
            let reader = AudienceReader(store, in: acme, asOf: SequenceNumber(3)) { true }
            await #expect(throws: CancellationError.self) {
                try await reader.add(.sends(SendLogSearch()), as: .a, to: &sorter)
            }
        },
    ]
}

/// Two organisations with send logs, and their lists in memory.
private struct AudienceTrial {
    private struct Log {
        let id: SendLogID
        let campaign: CampaignID
        let start: Timestamp
        let destinations: [String]
        var isDeleted = false
    }

    private let store: any Store & RecipientIndexStore
    private let seed: UInt64
    private var cases: RandomCases
    private var tenants: [(organisation: OrganisationID, logs: [Log])] = []
    private let folder: TemporaryFolder

    init(_ store: any Store, seed: UInt64) async throws {
        self.store = try #require(store as? any Store & RecipientIndexStore)
        (self.seed, cases, folder) = (seed, RandomCases(seed: seed), try TemporaryFolder())
        for name in ["Acme", "Zulu"] { tenants.append((try await store.organisation(name), [])) }
    }

    /// Records and deletes, and compares random audiences, also while others record.
    mutating func takeRound(_ round: Int) async throws {
        for _ in 0..<cases.number(1...60) { try await record(isLong: false) }
        if round % 4 == 1 { try await record(isLong: true) }
        if cases.once(in: 3) { try await delete() }
        for turn in 0..<8 {
            try await compare("SENDLOG_TEST_SEED=\(seed), round \(round), turn \(turn)")
        }
    }

    private mutating func record(isLong: Bool) async throws {
        let tenant = cases.number(0...1)
        let id = "log-\(tenants[tenant].logs.count)"
        let destinations = cases.destinations(isLong: isLong)
        let log =
            isLong
            ? try Sample.parsed(id, destinations: destinations)
            : try Sample.log(
                id,
                campaign: "campaign-\(cases.number(0...3))",
                start: cases.timestamp(),
                destinations: destinations
            )
        _ = try await store.record(log, in: tenants[tenant].organisation)
        tenants[tenant].logs.append(
            Log(id: log.id, campaign: log.campaignID, start: log.start, destinations: destinations)
        )
    }

    private mutating func delete() async throws {
        let tenant = cases.number(0...1)
        let indexes = tenants[tenant].logs.indices.filter { _ in cases.once(in: 4) }
        _ = try await store.delete(indexes.map { $0 + 1 }, in: tenants[tenant].organisation)
        for index in indexes { tenants[tenant].logs[index].isDeleted = true }
    }

    /// A random audience of a tenant; lists are checked without a store.
    private mutating func audience(of tenant: Int, asOf: Int) -> Audience {
        let sends = tenants[tenant].logs.prefix(asOf).filter { !$0.isDeleted }
        if cases.once(in: 4), !sends.isEmpty { return .send(sends[cases.number(0...sends.count - 1)].id) }
        var search = SendLogSearch()
        if cases.once(in: 2) {
            search.campaigns = (0..<cases.number(0...3)).compactMap { _ in
                CampaignID("campaign-\(cases.number(0...4))")
            }
            search.campaigns = search.campaigns.map { Array(Set($0)) }
        }
        if cases.once(in: 2) { search.from = cases.timestamp() }
        if cases.once(in: 2) { search.to = cases.timestamp() }
        return .sends(search)
    }

    private func keys(_ audience: Audience, of tenant: Int, asOf: Int, _ code: CallingCode?) -> Set<RecipientKey> {
        let logs = tenants[tenant].logs.prefix(asOf).filter { log in
            if log.isDeleted { return false }
            return switch audience {
            case .send(let id): log.id == id
            case .sends(let search):
                (search.campaigns?.contains(log.campaign) ?? true) && log.start >= search.from ?? .earliest
                    && log.start <= search.to ?? .latest
            case .list: false
            }
        }
        return Set(logs.flatMap(\.destinations).map { RecipientKey($0, callingCode: code) }.filter { !$0.text.isEmpty })
    }

    private mutating func compare(_ context: String) async throws {
        let tenant = cases.number(0...1)
        let count = tenants[tenant].logs.count
        let asOf = cases.once(in: 2) ? count : cases.number(0...count)
        let (a, b) = (audience(of: tenant, asOf: asOf), audience(of: tenant, asOf: asOf))
        let code = RecipientModel.callingCodes[cases.number(0...2)]
        var limits = SortLimits()
        (limits.memory, limits.runs, limits.length) = (cases.number(1...20_000), 2, 64)
        let empty = AudienceSorter(callingCode: code, spoolFolder: folder.path, limits: limits)
        let (organisation, store) = (tenants[tenant].organisation, store)
        let reader = AudienceReader(store, in: organisation, asOf: SequenceNumber(Int64(asOf)))
        let isBusy = cases.once(in: 2)
        async let counts = {
            var sorter = empty
            try await reader.add(a, as: .a, to: &sorter)
            try await reader.add(b, as: .b, to: &sorter)
            return try await sorter.count()
        }()
        if isBusy { for _ in 0..<3 { try await record(isLong: false) } }
        let (left, right) = (keys(a, of: tenant, asOf: asOf, code), keys(b, of: tenant, asOf: asOf, code))
        let both = left.intersection(right).count
        let expected = AudienceCounts(both: both, onlyA: left.count - both, onlyB: right.count - both)
        let found = try await counts
        try #require(found == expected, "\(context): \(a), \(b) as of \(asOf)")
    }
}
