import SendLogCore
import StoreChecks
import Testing

@testable import SendLogSQLite

/// Totals that are read in several slices, between which others record and delete.
struct TotalsReadingTests {
    /// The end of the morning of a day: of its two halves, the second one is read.
    private static let cut = 3 * Day.milliseconds + 43_199_999
    private static let searches = [
        SendLogSearch(), SendLogSearch(campaigns: ["c1", "c2", "none"].compactMap { CampaignID($0) }),
    ]

    /// Ten logs a day, many of one millisecond.
    private func logs() throws -> [PreparedSendLog] {
        try (0..<60).map { try Sample.plain("log-\($0)", campaign: "c\($0 % 3)", day: $0 / 10, count: $0 % 4) }
    }

    private func periods() throws -> [ClosedRange<Timestamp>] {
        let cut = try #require(Timestamp(milliseconds: Self.cut))
        return [Timestamp.earliest...cut, cut.advanced(by: 1)...Timestamp.latest]
    }

    @Test(arguments: 1...12) func `slices of any length give the totals of one slice`(length: Int) async throws {
        try await withStore { store, _ in
            let organisation = try await store.organisation()
            _ = try await store.record(logs(), in: organisation)
            var found = SendLogSearch(asOf: SequenceNumber(41))
            found.found = Array(1...60)
            for search in Self.searches + [found, SendLogSearch(asOf: SequenceNumber(35))] {
                let whole = try await store.totals(of: search, in: periods(), maxReads: nil, of: organisation)
                var reading = TotalsReading(search, TotalsPlan(try periods()), maxReads: nil, in: organisation)
                var slices = 1
                while try await store.readers.scan(
                    for: organisation,
                    { try reading.readSlice(of: length, on: $0) }
                ) == .more {
                    slices += 1
                    // Logs of both periods, which none of the slices sees.
                    let more = try [3, 5].map { try Sample.plain("\(length)-\(slices)-\($0)", campaign: "c1", day: $0) }
                    if search.asOf == nil { _ = try await store.record(more, in: organisation) }
                }
                #expect(try reading.result() == whole)
                #expect(slices > 1 || length > 4)
            }
        }
    }

    @Test func `logs that are deleted between slices make the totals outdated`() async throws {
        try await withStore { store, _ in
            let organisation = try await store.organisation()
            _ = try await store.record(logs(), in: organisation)
            for (number, search) in Self.searches.enumerated() {
                var reading = TotalsReading(search, TotalsPlan(try periods()), maxReads: nil, in: organisation)
                let scan = {
                    try await store.readers.scan(for: organisation) { try reading.readSlice(of: 2, on: $0) }
                }
                #expect(try await scan() == .more)
                #expect(
                    try await store.deleteSendLogs([SequenceNumber(Int64(number) + 3)], in: organisation) == 1
                )
                #expect(try await scan() == .outdated)
                let totals = try await store.totals(of: search, in: periods(), maxReads: nil, of: organisation)
                let total = try await store.search(search, in: organisation).total
                #expect(totals?.reduce(0) { $0 + $1.sends } == total)
            }
        }
    }
}
