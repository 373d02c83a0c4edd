/// A model of one organisation without neighbours: its logs in a plain array.
struct IsolationModel {
    /// The logs in the order of recording.
    private(set) var logs: [SampleLog] = []

    enum Outcome {
        case recorded
        case existing
        case conflict
    }

    /// Records a log.
    ///
    /// - Returns: the outcome that the service must report.
    mutating func record(_ log: SampleLog) -> Outcome {
        guard let existing = logs.first(where: { $0.id == log.id }) else {
            logs.append(log)
            return .recorded
        }
        return existing == log ? .existing : .conflict
    }

    /// The parameters of a search.
    struct Search {
        var campaigns: [String]?
        var from: String?
        var to: String?
        var skip: Int?
        var limit: Int?
        var order: Int?
        var asOf: Int?
        /// Telephone numbers in their normal form.
        var recipients: [String]?

        var body: String {
            let range = [from.map { "\"$gte\":\"\($0)\"" }, to.map { "\"$lte\":\"\($0)\"" }].compactMap { $0 }
            let find = [
                campaigns.map { "\"campaign_id\":[\($0.map(JSON.text).joined(separator: ","))]" },
                range.isEmpty ? nil : "\"startDeliveryAt\":{\(range.joined(separator: ","))}",
                recipients.map { "\"destination\":[\($0.map { JSON.text("+\($0)") }.joined(separator: ","))]" },
            ]
            let options = [
                skip.map { "\"skip\":\($0)" }, limit.map { "\"limit\":\($0)" }, asOf.map { "\"as_of\":\($0)" },
                order.map { "\"sort\":{\"startDeliveryAt\":\($0)}" },
            ]
            let parts = [find, options].map { $0.compactMap { $0 }.joined(separator: ",") }
            return "{\"find\":{\(parts[0])},\"options\":{\(parts[1])}}"
        }
    }

    /// Returns the expected text of the response to a search, up to `searched` or `parsed`.
    func response(to search: Search, list: Bool) -> String {
        let visible = logs.prefix(search.asOf ?? logs.count)
        let found = visible.enumerated().filter { _, log in
            // Dates in this form sort like text.
            (search.campaigns?.contains(log.campaign) ?? true) && log.start >= search.from ?? ""
                && log.start <= search.to ?? "9999"
                && (search.recipients.map { log.destinations.contains(where: $0.contains) } ?? true)
        }
        let oldestFirst = found.sorted { ($0.element.start, $0.offset) < ($1.element.start, $1.offset) }.map(\.element)
        let ordered = search.order == 1 ? oldestFirst : oldestFirst.reversed()
        let page = ordered.dropFirst(search.skip ?? 0).prefix(search.limit ?? 1000)
        let texts = page.map { list ? $0.listed : $0.counted }.joined(separator: ",")
        let next = search.recipients == nil ? "\"parsed\":{" : "\"searched\":["
        return "{\"ok\":true,\"data\":{\"total\":\(found.count),\"send_logs\":[\(texts)],\(next)"
    }

    /// Returns the expected beginning of the response to a comparison of a campaign and a log; `nil` if there is no such
    /// log.
    func response(toCampaign campaign: String, send id: String, asOf: Int) -> String? {
        let visible = logs.prefix(asOf)
        guard let send = visible.first(where: { $0.id == id }) else { return nil }
        let a = Set(visible.filter { $0.campaign == campaign }.flatMap(\.destinations))
        let (b, both) = (Set(send.destinations), a.intersection(send.destinations).count)
        return "{\"ok\":true,\"data\":{\"a\":\(a.count),\"b\":\(b.count),\"both\":\(both),"
            + "\"only_a\":\(a.count - both),\"only_b\":\(b.count - both),\"parsed\":{"
    }
}
