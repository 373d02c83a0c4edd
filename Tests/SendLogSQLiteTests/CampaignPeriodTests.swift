import SendLogCore
import StoreChecks
import Testing

@testable import SendLogSQLite

/// The days that a period of campaigns cuts are read in slices, while others record and delete.
struct CampaignPeriodTests {
    /// The numbers of the only campaign in a period that was read in slices of a size.
    private static func totals(
        of range: ClosedRange<Timestamp>,
        slices size: Int,
        in organisation: OrganisationID,
        of store: SQLiteStore,
        meanwhile: () async throws -> Void = {}
    ) async throws -> SendTotals? {
        var period = CampaignPeriod(range, organisation: organisation)
        #expect(!period.isRead)
        var slices = 0
        while !period.isRead {
            try await store.readers.scan(for: organisation) { try period.readSlice(of: size, on: $0) }
            slices += 1
            if slices == 1 { try await meanwhile() }
        }
        return try await store.readers.scan(for: organisation) { database in
            try period.complete(on: database)
            var found: SendTotals?
            let report = CampaignReport(database: database, organisation: organisation)
            var query = CampaignQuery()
            query.isSummed = true
            let totals = try report.forEach(query, in: period) {
                found = SendTotals(sends: $0.sends, destinations: $0.destinations)
            }
            #expect(totals.sums == found ?? SendTotals())
            return found
        }
    }

    /// Records logs of one campaign: five at each hour of a day, several of them in the same millisecond.
    private static func record(in store: SQLiteStore) async throws -> (OrganisationID, begin: Int64) {
        let organisation = try await store.organisation()
        let begin = try #require(Sample.start).day.firstMillisecond
        _ = try await store.record(
            (0..<120).map { number in
                let start = Timestamp(milliseconds: begin + Int64(number / 5) * 3_600_000)
                return try Sample.log("log-\(number)", start: start, destinations: ["1"])
            },
            in: organisation
        )
        return (organisation, begin)
    }

    @Test(arguments: [1, 2, 3, 7, 1000], [5, 20])
    func `a day that is read in slices is complete`(size: Int, lastHour: Int64) async throws {
        try await withStore { store, _ in
            let (organisation, begin) = try await Self.record(in: store)
            let from = try #require(Timestamp(milliseconds: begin + 3_600_000))
            let to = try #require(Timestamp(milliseconds: begin + lastHour * 3_600_000))
            let totals = try await Self.totals(of: from...to, slices: size, in: organisation, of: store)
            let count = Int(lastHour) * 5
            #expect(totals == SendTotals(sends: count, destinations: count))
        }
    }

    @Test(arguments: [5, 20]) func `what is recorded meanwhile counts once`(lastHour: Int64) async throws {
        try await withStore { store, _ in
            let (organisation, begin) = try await Self.record(in: store)
            let from = try #require(Timestamp(milliseconds: begin + 3_600_000))
            let to = try #require(Timestamp(milliseconds: begin + lastHour * 3_600_000))
            let totals = try await Self.totals(of: from...to, slices: 3, in: organisation, of: store) {
                // Before, at and after the times that were read already, and outside the period.
                for (number, hour) in [0, 1, 2, 5, 19, 20, 21].enumerated() {
                    let start = Timestamp(milliseconds: begin + Int64(hour) * 3_600_000)
                    let log = try Sample.log("more-\(number)", start: start, destinations: ["1", "2"])
                    _ = try await store.record([log], in: organisation)
                }
            }
            let (count, more) = (Int(lastHour) * 5, lastHour == 5 ? 3 : 5)
            #expect(totals == SendTotals(sends: count + more, destinations: count + 2 * more))
        }
    }

    @Test(arguments: [5, 20]) func `what is deleted meanwhile does not count`(lastHour: Int64) async throws {
        try await withStore { store, _ in
            let (organisation, begin) = try await Self.record(in: store)
            let from = try #require(Timestamp(milliseconds: begin + 3_600_000))
            let to = try #require(Timestamp(milliseconds: begin + lastHour * 3_600_000))
            let totals = try await Self.totals(of: from...to, slices: 3, in: organisation, of: store) {
                // The logs of each whole hour are five sequence numbers; one of every hour is deleted.
                let deleted = (0..<24).map { SequenceNumber(Int64($0 * 5 + 2)) }
                _ = try await store.deleteSendLogs(deleted, in: organisation)
            }
            let count = Int(lastHour) * 4
            #expect(totals == SendTotals(sends: count, destinations: count))
        }
    }
}
