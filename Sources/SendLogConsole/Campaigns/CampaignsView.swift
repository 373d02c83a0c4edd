import Foundation
import SendLogAPI
import SendLogCore

/// The query of the Campaigns Report: the search term, the range of time, the sort order and the page.
struct CampaignsView {
    var search = ""
    var sort = CampaignQuery.Sort.last
    var isDescending = true
    var page = 1
    /// The start of the range; `nil` for no bound.
    var from: Timestamp?
    /// The end of the range, inclusive; `nil` for no bound.
    var to: Timestamp?
    /// The notes on times whose local times clocks show twice, or never.
    private(set) var notes: [(end: WritableKeyPath<CampaignsView, Timestamp?>, note: TimeNote)] = []
    /// Whether the query has a time that clocks skipped, which stays as entered, for its note.
    private var hasSkipped = false
    /// Whether the query has local times, or the hidden fields of a form.
    private var hasLocal = false
    /// Whether the address should have moments in place of what the query has.
    var isLocal: Bool { hasLocal && !hasSkipped }
    /// The problems of the range, as messages for the user.
    private(set) var problems: [String] = []

    /// The query parameters of the report.
    static let parameters = ["search", "sort", "page"] + times + times.map { QueryString.shownPrefix + $0 }
    /// The query parameters of the files.
    static let fileParameters = ["search", "sort"] + times
    private static let times = ["from", "to"]

    /// Creates the view of a search.
    init(search: String) { self.search = Self.shortened(search) }

    /// Parses a query string.
    ///
    /// - Parameters:
    ///   - query: the query
    ///   - zone: the time zone of times without an offset
    /// - Throws: ``InvalidInput`` that the error page shows.
    init(_ query: QueryString, zone: UserTimeZone) throws(InvalidInput) {
        let hasHidden = query.pairs.contains { $0.name.hasPrefix(QueryString.shownPrefix) }
        let query = query.withShownMoments(of: Self.times, in: zone)
        search = Self.shortened(query["search"] ?? "")
        let names = CampaignQuery.Sort.allCases.map(\.rawValue).joined(separator: ", ")
        let sorted = try query.value("sort", "one of \(names), with - before it for descending order") { text in
            let isDescending = text.hasPrefix("-")
            let name = String(isDescending ? text.dropFirst() : text[...])
            return CampaignQuery.Sort(rawValue: name).map { (sort: $0, isDescending: isDescending) }
        }
        if let sorted { (sort, isDescending) = sorted }
        page = try query.page()
        hasLocal = hasHidden
        from = time("from", of: query, zone, isEnd: false)
        to = time("to", of: query, zone, isEnd: true)
        if let from, let to, from > to { problems.append("“from” must not be later than “to”.") }
    }

    private mutating func time(
        _ name: String,
        of query: QueryString,
        _ zone: UserTimeZone,
        isEnd: Bool
    ) -> Timestamp? {
        do throws(InvalidInput) {
            let rule = "a date such as 2022-01-31 or 2022-01-31 14:00"
            let moment = try query.value(name, rule) { zone.timestamp(entered: $0, isEnd: isEnd) }
            if let moment, let text = query[name] {
                let skipped = zone.isSkipped(entered: text, isEnd: isEnd) ? text : nil
                if let note = TimeNote(moment, isEnd: isEnd, skipped: skipped, in: zone) {
                    notes.append((isEnd ? \.to : \.from, note))
                }
                hasSkipped = hasSkipped || skipped != nil
                hasLocal = hasLocal || text != moment.description
            }
            return moment
        } catch {
            problems += error.issues.map(\.message)
            return nil
        }
    }

    /// Returns a search term without control characters, and of a length that fits into links.
    private static func shortened(_ text: String) -> String {
        let scalars = text.trimmingCharacters(in: .whitespaces).unicodeScalars
        let kept = scalars.filter { $0.properties.generalCategory != .control }.prefix(CampaignName.maxLength)
        return String(String.UnicodeScalarView(kept))
    }

    /// The notes as values for the template, each with a link to the other moment.
    var noteValues: [[String: String]] {
        notes.map { end, note in
            guard let other = note.other else { return ["text": note.text] }
            var changed = self
            changed[keyPath: end] = other.moment
            return ["text": note.text, "other": other.title, "link": changed.on(page: 1).link]
        }
    }

    /// Whether the view leaves out any campaigns or sends.
    var isFiltered: Bool { !search.isEmpty || from != nil || to != nil }

    /// The range; `nil` for all time.
    ///
    /// The range must have no ``problems``.
    var period: ClosedRange<Timestamp>? {
        guard from != nil || to != nil else { return nil }
        let (first, last) = (from ?? .earliest, to ?? .latest)
        return first <= last ? first...last : nil
    }

    /// The days of the range, with which all charts begin and end; `nil` if it has no start or no end.
    var days: ClosedRange<Day>? {
        guard let from, let to, from <= to else { return nil }
        return from.day...to.day
    }

    /// Returns the query for a page of a number of rows.
    func query(rows: Int) -> CampaignQuery {
        let text = search.isEmpty ? nil : search
        let skip = (page - 1) * rows
        return CampaignQuery(
            text: text,
            period: period,
            sort: sort,
            isDescending: isDescending,
            skip: skip,
            limit: rows
        )
    }

    var sortText: String { (isDescending ? "-" : "") + sort.rawValue }

    /// Returns the view sorted by a column.
    ///
    /// The same column reverses the order; a new one sorts names ascending, and all else descending.
    func sorted(by other: CampaignQuery.Sort) -> CampaignsView {
        var view = self
        view.isDescending = other == sort ? !isDescending : other != .name
        view.sort = other
        view.page = 1
        return view
    }

    /// Returns another page of the view.
    func on(page: Int) -> CampaignsView {
        var view = self
        view.page = page
        return view
    }

    /// Returns the view of another range.
    func narrowed(to span: TimeSpan) -> CampaignsView {
        var view = self
        (view.from, view.to, view.page) = (span.from, span.to, 1)
        return view
    }

    /// The query parameters without the page; times are in UTC.
    var parameters: [(name: String, value: String)] {
        let times = [("from", from), ("to", to)].compactMap { name, moment in
            moment.map { (name: name, value: $0.description) }
        }
        return (search.isEmpty ? [] : [(name: "search", value: search)]) + times + [(name: "sort", value: sortText)]
    }

    /// The link to the report.
    var link: String {
        "/console/campaigns?\((parameters + (page > 1 ? [(name: "page", value: String(page))] : [])).encoded)"
    }

    /// Returns the link to the file with all campaigns of the view.
    func link(to format: SendLogExport.Format) -> String {
        "/console/campaigns.\(format.rawValue)?\(parameters.encoded)"
    }

    /// Returns the link to the sends of a campaign in the view's range.
    func sends(of campaign: CampaignID) -> String {
        var filter = SendsFilter()
        (filter.campaigns, filter.from, filter.to) = ([campaign], from, to)
        return filter.link()
    }
}
