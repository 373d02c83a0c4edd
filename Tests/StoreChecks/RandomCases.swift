import SendLogCore
import TestSupport

/// Makes random logs and searches whose times, campaigns and pages are often edge cases.
struct RandomCases {
    var random: SplitMix64
    private let days: [Int64]

    /// The first of the two weeks' days, as days since 1970.
    var firstDay: Int { Int(days[0]) }

    init(seed: UInt64) {
        random = SplitMix64(seed: seed)
        let first = Int64.random(in: 0...20_000, using: &random)
        // Two weeks, and the ends of the calendar.
        days = (first..<first + 14).map { $0 } + [-719_528, -719_527, -1, 0, 2_932_895, 2_932_896]
    }

    mutating func number(_ range: ClosedRange<Int>) -> Int {
        Int.random(in: range, using: &random)
    }

    /// Returns true with a probability of 1 in `times`.
    mutating func once(in times: Int) -> Bool {
        Int.random(in: 0..<times, using: &random) == 0
    }

    /// A time, most often one that repeats, or the first or last millisecond of a day.
    mutating func timestamp() -> Timestamp {
        let ofDay: Int64 =
            switch number(0...9) {
            case 0: 0
            case 1: 86_399_999
            case 2: 1
            case 3, 4, 5, 6: 43_200_000 + Int64(number(0...2))
            default: Int64(number(0...86_399_999))
            }
        let day = once(in: 12) ? days[number(14...19)] : days[number(0...13)]
        return Timestamp(milliseconds: day * 86_400_000 + ofDay) ?? .earliest
    }

    /// A campaign: a few have most of the logs, many have one or two, and some have none.
    mutating func campaign() -> CampaignID? {
        let number = once(in: 3) ? number(0...1199) : number(0...9)
        return CampaignID("campaign-\(number)")
    }

    /// A log with at most one destination.
    mutating func log(_ id: Int) throws -> PreparedSendLog {
        try Sample.log(
            "log-\(id)",
            campaign: campaign()?.text ?? "",
            message: "",
            start: timestamp(),
            destinations: once(in: 8) ? ["27821234567"] : []
        )
    }

    /// A search in an organisation with `logs` logs.
    mutating func search(logs: Int) -> SendLogSearch {
        var search = SendLogSearch(order: once(in: 2) ? .oldestFirst : .newestFirst)
        search.campaigns = campaigns()
        if !once(in: 3) { search.from = timestamp() }
        if !once(in: 3) { search.to = timestamp() }
        // Ranges that end before they begin are rare.
        if let from = search.from, let to = search.to, from > to, !once(in: 10) {
            (search.from, search.to) = (to, from)
        }
        search.skip = once(in: 2) ? 0 : once(in: 20) ? 1 << 53 : number(0...(once(in: 2) ? 20 : logs + 2))
        search.limit =
            switch number(0...9) {
            case 0: 0
            case 1: 1
            case 2: SendLogSearch.maxLimit
            default: number(1...50)
            }
        if once(in: 2) { search.asOf = SequenceNumber(Int64(number(0...logs + 3))) }
        return search
    }

    private mutating func campaigns() -> [CampaignID]? {
        let count = [-1, -1, 0, 1, 1, 2, 3, 10, 100, 1000][number(0...9)]
        if count < 0 { return nil }
        if count > 3 {
            let first = number(0...1200 - count)
            return (first..<first + count).compactMap { CampaignID("campaign-\($0)") }.shuffled(using: &random)
        }
        return Array(Set((0..<count).compactMap { _ in campaign() }))
    }

    /// A query for campaigns, most often with a period.
    mutating func campaignQuery() -> CampaignQuery {
        let times = [timestamp(), timestamp()].sorted()
        var query = CampaignQuery(
            text: once(in: 2) ? nil : ["brief", "straße", "E", "campaign-1", "9"][number(0...4)],
            period: once(in: 8) ? nil : times[0]...times[1],
            sort: CampaignQuery.Sort.allCases[number(0...CampaignQuery.Sort.allCases.count - 1)],
            isDescending: once(in: 2),
            skip: once(in: 2) ? 0 : number(0...20),
            limit: [0, 3, 1000, CampaignQuery.noLimit][number(0...3)]
        )
        (query.isWhole, query.isSummed) = (once(in: 3), once(in: 2))
        return query
    }
}
