import SendLogCore
import SendLogSQLite
import StoreChecks
import TestSupport
import Testing

@testable import SendLogServices

/// Counts of the sends to a recipient.
struct RecipientSummaryTests {
    private let folder: TemporaryFolder
    private let store: SQLiteStore
    private let organisation: OrganisationID

    init() async throws {
        folder = try TemporaryFolder()
        store = try SQLiteStore(path: folder.file())
        organisation = try await store.organisation("Acme")
    }

    private func search(_ found: [Int64]) -> SendLogSearch {
        var search = SendLogSearch(skip: 7, limit: 3, order: .oldestFirst)
        search.found = found
        return search
    }

    @Test func `sends are counted by campaign and month, and the first and the last one are known`() async throws {
        // Three sends of March 2022, recorded in another order than they started, and two of January 1970.
        let logs = try [("a", 19_060), ("b", 19_070), ("a", 19_065), ("c", 3), ("a", 2), ("b", 19_070)].enumerated().map
        {
            try Sample.plain("log-\($0.offset)", campaign: $0.element.0, day: $0.element.1)
        }
        _ = try await store.record(logs, in: organisation)
        let summary = try await RecipientSummary(of: search([1, 2, 3, 4, 5]), in: organisation, from: store) { $0.day }
        #expect(summary.sends == 5 && summary.counted == 5)
        #expect(summary.first == Timestamp(rfc3339: "1970-01-03T12:00:00Z"))
        #expect(summary.last == Timestamp(rfc3339: "2022-03-19T12:00:00Z"))
        #expect(summary.campaigns.map { "\($0.key) \($0.sends)" } == ["a 3", "b 1", "c 1"])
        #expect(summary.months.map { "\(CivilDate($0.key).month) \($0.sends)" } == ["3 3", "1 2"])
        #expect(summary.otherCampaigns.rows == 0 && summary.otherMonths.rows == 0)
        let late = try await RecipientSummary(of: search([1, 2, 3]), in: organisation, from: store) { moment in
            Day(number: moment.day.number + 31)
        }
        #expect(late.months.map { CivilDate($0.key).month } == [4])
        let short = try await RecipientSummary(of: search([1, 2, 3, 4, 5]), in: organisation, from: store)
        #expect(short.sends == 5 && short.first == summary.first && short.last == summary.last)
        #expect(short.campaigns.isEmpty && short.counted == 0)
    }

    @Test func `without sends there is nothing, and campaigns beyond the limit are summed up`() async throws {
        let none = try await RecipientSummary(of: search([]), in: organisation, from: store) { $0.day }
        #expect(none.sends == 0 && none.first == nil && none.last == nil && none.campaigns.isEmpty)
        let limit = RecipientSummary.maxRows
        let logs = try (0..<(limit + 20)).map { try Sample.plain("log-\($0)", campaign: "c\($0)", day: $0 * 31) }
        _ = try await store.record(logs + [Sample.plain("more", campaign: "c7", day: 1)], in: organisation)
        let found = (1...Int64(limit + 21)).map(\.self)
        let summary = try await RecipientSummary(of: search(found), in: organisation, from: store) { $0.day }
        #expect(summary.sends == limit + 21)
        #expect(summary.campaigns.count == limit && summary.campaigns.first?.key.text == "c7")
        #expect(summary.otherCampaigns.rows == 20 && summary.otherCampaigns.sends == 20)
        #expect(summary.months.count == limit && summary.otherMonths.sends > 0)
        let sends = summary.months.reduce(0) { $0 + $1.sends } + summary.otherMonths.sends
        #expect(sends == limit + 21)
    }

    @Test func `a summary of ten thousand sends is complete`() async throws {
        let logs = try (0..<10_000).map {
            try Sample.plain("log-\($0)", campaign: "c\($0 % 3)", day: 19_000 + $0 / 100)
        }
        for begin in stride(from: 0, to: logs.count, by: 1000) {
            _ = try await store.record(Array(logs[begin..<begin + 1000]), in: organisation)
        }
        let summary = try await RecipientSummary(of: search(Array(1...10_000)), in: organisation, from: store) {
            $0.day
        }
        #expect(summary.campaigns.map(\.sends) == [3334, 3333, 3333])
        #expect(summary.months.reduce(0) { $0 + $1.sends } == 10_000)
        #expect(summary.counted == 10_000)
    }
}
