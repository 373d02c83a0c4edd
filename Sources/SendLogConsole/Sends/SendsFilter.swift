import Foundation
import SendLogAPI
import SendLogCore

/// The query of the Sends Report: the filter, the page and the snapshot.
struct SendsFilter: Hashable {
    var campaigns: [CampaignID] = []
    /// The link to a recipient.
    var recipient: RecipientToken?
    var from: Timestamp?
    var to: Timestamp?
    /// The start of the range as entered, if clocks skipped it.
    private var skippedFrom: String?
    /// The end of the range as entered, if clocks skipped it.
    private var skippedTo: String?
    /// The page number, from 1.
    var page = 1
    /// The number of sends per page.
    var rows = SendsFilter.defaultRows
    /// The snapshot that all pages of the result share.
    var asOf: SequenceNumber?
    /// The problems of the query, as messages for the user.
    private(set) var problems: [String] = []
    /// The text that was entered for a campaign, if it does not mean one.
    private(set) var enteredCampaign = ""

    static let defaultRows = 50
    /// The maximum number of campaigns: each link of the page contains all of them.
    static let maxCampaigns = 100
    private static let parameters = ["campaign", "recipient", "from", "to", "page", "rows", "as_of"]
    /// The page sizes, limited so that a page takes at most twice the time of a search by the API.
    static let pageSizes = [25, 50]

    /// Whether the filter excludes any sends.
    var hasCriteria: Bool { !campaigns.isEmpty || recipient != nil || from != nil || to != nil }

    /// Whether the filter has both ends of a range.
    var hasRange: Bool { from != nil && to != nil }

    init() {}

    /// Parses a query string.
    ///
    /// - Parameters:
    ///   - query: `campaign`, repeated or with several IDs; `recipient`, the token of a link; `from`, `to`, `page`,
    ///     `rows`, `as_of`
    ///   - zone: the time zone of times without an offset
    init(_ query: QueryString, zone: UserTimeZone) {
        var seen: Set<CampaignID> = []
        for text in query.all("campaign") {
            for id in Self.ids(of: text) {
                if let campaign = CampaignID(id) {
                    if seen.insert(campaign).inserted { campaigns.append(campaign) }
                } else {
                    problems.append("“\(Naming.shown(id))” is not a valid campaign ID: it \(CampaignID.rule).")
                    enteredCampaign = id
                }
            }
        }
        refuseTooManyCampaigns()
        problems += query.problems(known: Self.parameters, repeatable: ["campaign"])
        problems = Array(problems.prefix(InvalidInput.maxIssues))
        recipient = checked(query.recipient)
        let date = "a date such as 2022-01-31 or 2022-01-31 14:00"
        from = checked { () throws(InvalidInput) in
            try query.value("from", date) { zone.timestamp(entered: $0, isEnd: false) }
        }
        to = checked { () throws(InvalidInput) in
            try query.value("to", date) { zone.timestamp(entered: $0, isEnd: true) }
        }
        skippedFrom = query["from"].flatMap { zone.isSkipped(entered: $0, isEnd: false) ? $0 : nil }
        skippedTo = query["to"].flatMap { zone.isSkipped(entered: $0, isEnd: true) ? $0 : nil }
        if let from, let to, from > to { problems.append("“from” must not be later than “to”.") }
        page = checked(query.page) ?? page
        rows =
            checked { () throws(InvalidInput) in
                try query.value("rows", "25 or 50") { text in Self.pageSizes.first { String($0) == text } }
            } ?? rows
        asOf = checked(query.asOf)
    }

    /// Returns the IDs in the text of a field.
    static func ids(of text: String) -> [String] {
        text.split(whereSeparator: { $0 == "," || $0.isWhitespace }).map(String.init)
    }

    /// Refuses a telephone number that was entered for a campaign, in place of all other problems.
    mutating func refuse(number text: String) {
        let ids = Self.ids(of: text)
        campaigns.removeAll { ids.contains($0.text) }
        enteredCampaign = text
        problems = ["A telephone number is not the ID of a campaign. Enter it under “Recipient”."]
    }

    /// Keeps a text that was entered for a campaign, and does not mean one, in the form.
    mutating func keep(enteredCampaign text: String, problem: String? = nil) {
        enteredCampaign = text
        if let problem { problems.append(problem) }
    }

    /// Replaces the campaigns, and refuses too many.
    mutating func set(campaigns: [CampaignID]) {
        self.campaigns = campaigns
        refuseTooManyCampaigns()
    }

    private mutating func refuseTooManyCampaigns() {
        guard campaigns.count > Self.maxCampaigns else { return }
        problems.append("At most \(Self.maxCampaigns) campaigns can be selected; the API accepts 1,000.")
        campaigns = []
    }

    /// Returns the result of a parser; `nil` with a problem for an invalid value.
    private mutating func checked<Value>(_ parse: () throws(InvalidInput) -> Value?) -> Value? {
        do throws(InvalidInput) { return try parse() } catch {
            problems += error.issues.map(\.message)
            return nil
        }
    }

    /// The search for the store, of all recipients.
    var search: SendLogSearch {
        let known = campaigns.isEmpty ? nil : campaigns
        return SendLogSearch(campaigns: known, from: from, to: to, skip: (page - 1) * rows, limit: rows, asOf: asOf)
    }

    /// Returns the notes on the times whose local times clocks show twice, or never.
    func notes(zone: UserTimeZone) -> (from: TimeNote?, to: TimeNote?) {
        (
            from.flatMap { TimeNote($0, isEnd: false, skipped: skippedFrom, in: zone) },
            to.flatMap { TimeNote($0, isEnd: true, skipped: skippedTo, in: zone) }
        )
    }

    /// Returns the values of a note for the template: its text, and the link to the other moment.
    func values(of note: TimeNote, changing end: WritableKeyPath<SendsFilter, Timestamp?>) -> [String: Any] {
        guard let other = note.other else { return ["text": note.text] }
        var changed = self
        changed[keyPath: end] = other.moment
        return ["text": note.text, "other": other.title, "link": changed.link()]
    }

    /// Returns the filter with another range, and without a snapshot.
    func narrowed(_ from: Timestamp?, _ to: Timestamp?) -> SendsFilter {
        var filter = self
        (filter.from, filter.to, filter.asOf) = (from, to, nil)
        return filter
    }

    /// Returns the query parameters of this filter, without the page.
    ///
    /// Times are in UTC: a local time may stand for two moments, and a link may be opened in another time zone.
    func parameters(isPinned: Bool = false) -> [(name: String, value: String)] {
        var parameters = campaigns.map { (name: "campaign", value: $0.text) }
        if let recipient { parameters.append(("recipient", recipient.description)) }
        if let from { parameters.append(("from", from.description)) }
        if let to { parameters.append(("to", to.description)) }
        if rows != Self.defaultRows { parameters.append(("rows", String(rows))) }
        if isPinned, let asOf { parameters.append(("as_of", String(asOf.number))) }
        return parameters
    }

    /// Returns a link to the comparison of a campaign's recipients, with the dates of this filter.
    func compareLink(_ campaign: CampaignID) -> String {
        var dates = SendsFilter()
        (dates.from, dates.to) = (from, to)
        return dates.link("/console/campaigns/\(campaign)/compare")
    }

    /// Returns a link to the report with this filter.
    func link(_ path: String = "/console/sends", page: Int = 1, isPinned: Bool = false) -> String {
        var parameters = parameters(isPinned: isPinned)
        if page > 1 { parameters.append(("page", String(page))) }
        return parameters.isEmpty ? path : "\(path)?\(parameters.encoded)"
    }

    /// The path that a submitted form redirects to: times that clocks skipped stay as entered, for the notes.
    var pathAfterSubmission: String {
        let parameters = parameters().map { name, value in
            let skipped = ["from": skippedFrom, "to": skippedTo][name] ?? nil
            return (name: name, value: skipped ?? value)
        }
        return parameters.isEmpty ? "/console/sends" : "/console/sends?\(parameters.encoded)"
    }
}
