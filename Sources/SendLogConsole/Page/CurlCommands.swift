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

    /// Returns a command with a body in JSON.
    ///
    /// Apostrophes, which the shell would interpret, and invisible characters can only be in strings, which may have
    /// escapes instead.
    private func post(_ path: String, _ body: String) -> String {
        var escaped = ""
        for unit in body.utf16 {
            if (0x20...0x7e).contains(unit), unit != 0x27, let scalar = Unicode.Scalar(unit) {
                escaped.unicodeScalars.append(scalar)
            } else {
                escaped += "\\u\(String(UInt32(unit) + 0x1_0000, radix: 16).suffix(4))"
            }
        }
        return "curl -s '\(address)/\(path)' -H \"Authorization: Bearer $SENDLOG_KEY\" -d '\(escaped)'"
    }
}
