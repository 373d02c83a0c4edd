import SendLogCore

/// The commands by which programs get what a page shows.
struct Curl {
    /// Where the browser found this server.
    let origin: String

    /// A search of the same send logs.
    func search(_ search: SendLogSearch) -> String {
        var body: [UInt8] = []
        search.writeRequest(to: &body)
        return post("send-logs/search", String(decoding: body, as: UTF8.self))
    }

    /// The whole result of the same search, as a table.
    func export(_ search: SendLogSearch) -> String {
        var search = search
        (search.skip, search.limit) = (0, SendLogSearch.defaultLimit)
        var body: [UInt8] = []
        search.writeRequest(to: &body)
        return post("send-logs/export?format=csv", String(decoding: body, as: UTF8.self))
    }

    /// One send log.
    func sendLog(_ id: SendLogID) -> String {
        "curl -s '\(origin)/send-logs/\(id.text)?group_destinations=list' -H \"Authorization: Bearer $SENDLOG_KEY\""
    }

    /// The recording of a first send log.
    var record: String {
        post(
            "send-logs",
            """
            {"campaign_id":"hello","message":"Hi {{contact.firstname}}","triggeredBy":"manual","destinations":["27821234567"]}
            """
        )
    }

    /// No body holds an apostrophe: ids have none, and nothing else that people wrote is in it.
    private func post(_ path: String, _ body: String) -> String {
        "curl -s '\(origin)/\(path)' -H \"Authorization: Bearer $SENDLOG_KEY\" -d '\(body)'"
    }
}
