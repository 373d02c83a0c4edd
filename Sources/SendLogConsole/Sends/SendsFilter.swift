import Foundation
import SendLogAPI
import SendLogCore

/// What the Sends Report is asked for: which sends, and which page of them.
struct SendsFilter {
    var campaigns: [CampaignID] = []
    var from: Timestamp?
    var to: Timestamp?
    /// The page, from 1.
    var page = 1
    /// How many sends a page has.
    var rows = SendsFilter.defaultRows
    /// What later pages are pinned to.
    var asOf: SequenceNumber?
    /// What cannot be understood, in words for who entered it.
    private(set) var problems: [String] = []
    /// What was entered for a campaign, where it cannot be one.
    private(set) var enteredCampaign = ""

    static let defaultRows = 50
    /// Each link of the page names all campaigns.
    static let mostCampaigns = 100
    private static let parameters = ["campaign", "from", "to", "page", "rows", "as_of"]
    /// So many that a page answers within twice the time of a search by the API.
    static let choicesOfRows = [25, 50]

    /// Whether it leaves anything out.
    var isNarrow: Bool { !campaigns.isEmpty || from != nil || to != nil }

    init() {}

    /// Understands a query string.
    ///
    /// - Parameters:
    ///   - query: `campaign`, several times or several ids in one; `from`, `to`, `page`, `rows`, `as_of`
    ///   - zone: whose clocks show the moments that say no offset
    init(_ query: QueryString, zone: ViewerZone) {
        var seen: Set<CampaignID> = []
        for text in query.all("campaign") {
            for id in text.split(whereSeparator: { $0 == "," || $0.isWhitespace }) {
                if let campaign = CampaignID(String(id)) {
                    if seen.insert(campaign).inserted { campaigns.append(campaign) }
                } else {
                    problems.append("“\(id.prefix(80))” is no campaign id: an id \(CampaignID.rule).")
                    enteredCampaign = String(id)
                }
            }
        }
        if campaigns.count > Self.mostCampaigns {
            problems.append("At most \(Self.mostCampaigns) campaigns can be looked at at once; the API takes 1,000.")
            campaigns = []
        }
        for (name, _) in query.pairs where !Self.parameters.contains(name) {
            let nearest = NearestName.to(name, among: Self.parameters).map { " Did you mean “\($0)”?" } ?? ""
            problems.append("“\(name.prefix(40))” in the address is not known here.\(nearest)")
        }
        problems = Array(problems.prefix(20))
        from = read(query["from"], "from", zone, isEnd: false)
        to = read(query["to"], "to", zone, isEnd: true)
        if let from, let to, from > to {
            problems.append("The dates are the wrong way round: “from” comes after “to”.")
        }
        if let text = query["page"], !text.isEmpty {
            // So far that no skip overflows.
            if let number = Int(text), (1...1 << 40).contains(number) {
                page = number
            } else {
                problems.append("“\(text.prefix(20))” is no page: pages are numbers from 1.")
            }
        }
        if let text = query["rows"], !text.isEmpty {
            if let number = Int(text), Self.choicesOfRows.contains(number) {
                rows = number
            } else {
                problems.append("A page has 25 or 50 rows, not “\(text.prefix(20))”.")
            }
        }
        if let text = query["as_of"], !text.isEmpty {
            if let number = Int64(text), number >= 0 {
                asOf = SequenceNumber(number)
            } else {
                problems.append("“\(text.prefix(20))” is no “as_of”: it is a number of 0 or more.")
            }
        }
    }

    private mutating func read(_ text: String?, _ name: String, _ zone: ViewerZone, isEnd: Bool) -> Timestamp? {
        guard let text = text?.trimmingCharacters(in: .whitespaces), !text.isEmpty else { return nil }
        if let moment = LocalMoment(text, isEnd: isEnd).moment(in: zone) { return moment }
        problems.append(
            "“\(text.prefix(40))” is no date for “\(name)”: enter one such as 2022-01-31 or 2022-01-31 14:00."
        )
        return nil
    }

    /// What the store is asked for.
    var search: SendLogSearch {
        SendLogSearch(
            campaigns: campaigns.isEmpty ? nil : campaigns,
            from: from,
            to: to,
            skip: (page - 1) * rows,
            limit: rows,
            asOf: asOf
        )
    }

    /// The parameters that say it again, without the page.
    func parameters(zone: ViewerZone, isPinned: Bool = false) -> [(name: String, value: String)] {
        var parameters = campaigns.map { (name: "campaign", value: $0.text) }
        if let from { parameters.append(("from", zone.fieldText(from: from))) }
        // A moment says a whole minute, or second, up to its end.
        if let to { parameters.append(("to", zone.fieldText(to: to))) }
        if rows != Self.defaultRows { parameters.append(("rows", String(rows))) }
        if isPinned, let asOf { parameters.append(("as_of", String(asOf.number))) }
        return parameters
    }

    /// A link to the report of the same sends.
    func link(_ path: String = "/console/sends", page: Int = 1, zone: ViewerZone, isPinned: Bool = false) -> String {
        var parameters = parameters(zone: zone, isPinned: isPinned)
        if page > 1 { parameters.append(("page", String(page))) }
        guard !parameters.isEmpty else { return path }
        return path + "?" + parameters.map { "\($0.name)=\(QueryString.encode($0.value))" }.joined(separator: "&")
    }
}

/// A date, or a date and a time, as people enter it.
struct LocalMoment {
    private let text: String
    private let isEnd: Bool

    /// - Parameters:
    ///   - text: `2022-01-31`, `2022-01-31 14:00`, with a `T`, seconds and their fraction, or an offset of RFC 3339
    ///   - isEnd: whether it says the end of a stretch of time, which then holds all of the day, minute or second
    init(_ text: String, isEnd: Bool) {
        self.text = text.replacing(" ", with: "T", maxReplacements: 1)
        self.isEnd = isEnd
    }

    /// The moment, on clocks of a zone unless the text has an offset of its own.
    ///
    /// - Returns: `nil` where it cannot be understood.
    func moment(in zone: ViewerZone) -> Timestamp? {
        switch text.utf8.count {
        case 10: return local("T00:00:00Z", zone, unit: 86_400_000)
        case 16: return local(":00Z", zone, unit: 60_000)
        case 19: return local("Z", zone, unit: 1000)
        // Browsers leave out zeros at the end of a fraction.
        case 21 where !text.hasSuffix("Z"): return local("00Z", zone, unit: 1)
        case 22 where !text.hasSuffix("Z"): return local("0Z", zone, unit: 1)
        case 23 where !text.hasSuffix("Z"): return local("Z", zone, unit: 1)
        default: return text.utf8.count > 10 ? Timestamp(rfc3339: text) : nil
        }
    }

    private func local(_ rest: String, _ zone: ViewerZone, unit: Int64) -> Timestamp? {
        guard let begin = Timestamp(rfc3339: text + rest) else {
            return text.hasSuffix("Z") ? Timestamp(rfc3339: text) : nil
        }
        guard isEnd else { return zone.moment(local: begin) }
        // The end of a day is where the next one begins, which is not always 24 hours later.
        return Timestamp(milliseconds: begin.milliseconds + unit).flatMap { zone.moment(local: $0) }
            .flatMap { Timestamp(milliseconds: $0.milliseconds - 1) } ?? .latest
    }
}
