import SendLogCore

/// Builds the `curl` commands for the data that a page shows.
struct CurlCommands {
    /// The address at which the browser reaches this server; see ``HTTPRequest/publicAddress``.
    let address: String

    /// Returns the command for a search with the same filter.
    func search(_ search: SendLogSearch) -> String {
        var body: [UInt8] = []
        search.writeRequest(to: &body)
        return post("send-logs/search", String(decoding: body, as: UTF8.self))
    }

    /// Returns the command for an export of all results of a search.
    func export(_ search: SendLogSearch) -> String {
        var search = search
        (search.skip, search.limit) = (0, SendLogSearch.defaultLimit)
        var body: [UInt8] = []
        search.writeRequest(to: &body)
        return post("send-logs/export?format=csv", String(decoding: body, as: UTF8.self))
    }

    /// Returns the command for one send log.
    func sendLog(_ id: SendLogID) -> String {
        "curl -s '\(address)/send-logs/\(id.text)?group_destinations=list' -H \"Authorization: Bearer $SENDLOG_KEY\""
    }

    /// The command that records a first send log.
    var record: String {
        post(
            "send-logs",
            """
            {"campaign_id":"hello","message":"Hi {{contact.firstname}}","triggeredBy":"manual","destinations":["27821234567"]}
            """
        )
    }

    /// Returns a command with a body.
    ///
    /// The body has no apostrophe, which the shell would interpret: it contains IDs and no other texts of users.
    private func post(_ path: String, _ body: String) -> String {
        "curl -s '\(address)/\(path)' -H \"Authorization: Bearer $SENDLOG_KEY\" -d '\(body)'"
    }
}
