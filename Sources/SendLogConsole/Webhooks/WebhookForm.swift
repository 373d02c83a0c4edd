import Foundation
import SendLogAPI
import SendLogCore

/// What stands in the form of a webhook, as it was entered.
struct WebhookForm {
    var name = ""
    var url = ""
    var method = WebhookDefinition.Method.post.rawValue
    /// Ids of campaigns, one a line; empty for all.
    var campaigns = ""
    /// `Name: value`, one a line.
    var headers = ""
    /// The template of the body; empty for none.
    var body = Self.example
    var encodesIntoURL = false
    var isActive = true
    /// The send that the preview is of; empty for the last one.
    var send = ""

    /// The longest form in bytes: all fields at their longest, each byte of them as `%XX`.
    static let longest = 786_432

    /// A body to begin with.
    private static let example = """
        {
          "send_id": "{{send._id}}",
          "campaign_id": "{{campaign._id}}",
          "campaign": {{campaign.name}},
          "message": "{{send.message}}",
          "triggered_by": "{{send.triggeredBy}}",
          "started_at": "{{send.startDeliveryAt}}",
          "destinations": {{send.destinations}}
        }
        """

    /// The form of a new webhook.
    init() {}

    /// The form of a webhook that there is.
    init(_ definition: WebhookDefinition) {
        name = definition.name
        url = definition.url.text
        method = definition.method.rawValue
        campaigns = definition.campaigns.map(\.text).joined(separator: "\n")
        headers = definition.headers.map { "\($0.name): \($0.text)" }.joined(separator: "\n")
        body = definition.body?.text ?? ""
        encodesIntoURL = definition.encodesIntoURL
        isActive = definition.isActive
    }

    /// What somebody entered.
    init(_ form: Form) {
        // Browsers end lines with both characters, whatever stood there.
        func lines(_ name: String) -> String { form[name].replacing("\r\n", with: "\n") }
        name = form["name"]
        url = form["url"]
        method = form["method"]
        campaigns = lines("campaigns")
        headers = lines("headers")
        body = lines("body")
        encodesIntoURL = !form["encode"].isEmpty
        isActive = !form["active"].isEmpty
        send = form["send"].trimmingCharacters(in: .whitespaces)
    }

    private var campaignIDs: [Substring] { campaigns.split { $0.isWhitespace || $0 == "," } }

    /// What is asked for, by the rules of the API.
    ///
    /// - Throws: all that is wrong with it.
    func input() throws(InvalidInput) -> WebhookInput {
        for line in headers.split(whereSeparator: \.isNewline)
        where !line.allSatisfy(\.isWhitespace) && !line.contains(":") {
            throw InvalidInput(
                path: "headers",
                "must be a name, a colon and a value a line; “\(line.prefix(64))” has no colon"
            )
        }
        let value: JSONValue
        do throws(JSONSyntaxError) {
            value = try json().withUnsafeBufferPointer { (bytes) throws(JSONSyntaxError) in
                try JSONValue(utf8: bytes)
            }
        } catch {
            throw InvalidInput(error)
        }
        return try WebhookInput(value)
    }

    private func json() -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.append("{\"name\":")
        bytes.appendJSON(name.trimmingCharacters(in: .whitespaces))
        bytes.append(",\"url\":")
        bytes.appendJSON(url.trimmingCharacters(in: .whitespacesAndNewlines))
        bytes.append(",\"method\":")
        bytes.appendJSON(method)
        bytes.append(",\"campaign_id\":[")
        for (place, id) in campaignIDs.enumerated() {
            if place > 0 { bytes.append(",") }
            bytes.appendJSON(String(id))
        }
        bytes.append("],\"headers\":{")
        let headers = headers.split(whereSeparator: \.isNewline).filter { !$0.allSatisfy(\.isWhitespace) }
        for (place, line) in headers.enumerated() {
            let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            if place > 0 { bytes.append(",") }
            bytes.appendJSON(parts[0].trimmingCharacters(in: .whitespaces))
            bytes.append(":")
            bytes.appendJSON(parts.count > 1 ? parts[1].trimmingCharacters(in: .whitespaces) : "")
        }
        bytes.append("},\"body\":")
        if body.allSatisfy(\.isWhitespace) { bytes.append("null") } else { bytes.appendJSON(body) }
        bytes.append(encodesIntoURL ? ",\"encodeIntoUrl\":true" : ",\"encodeIntoUrl\":false")
        bytes.append(isActive ? ",\"active\":true}" : ",\"active\":false}")
        return bytes
    }

    // MARK: - What the template shows

    /// The fields with what is in them, and beside each what is wrong with it.
    func values(_ issues: [InputIssue]) -> [String: Any] {
        var values: [String: Any] = [
            "name": name, "url": url, "campaigns": campaigns, "headers": headers, "body": body, "send": send,
            "encode": encodesIntoURL ? "checked" : "", "active": isActive ? "checked" : "",
            "methods": WebhookDefinition.Method.allCases.map { method in
                ["method": method.rawValue, "selected": method.rawValue == self.method ? "selected" : ""]
            },
        ]
        for field in Field.allCases {
            let problems = issues.filter { Field($0) == field }.map { problem($0) }
            guard !problems.isEmpty else { continue }
            values["\(field)-problem"] = problems.joined(separator: " ")
            values["\(field)-invalid"] = "aria-invalid=\"true\" aria-describedby=\"\(field)-problem\""
        }
        return values
    }

    /// A field of the form.
    private enum Field: CaseIterable {
        case all, name, url, method, campaigns, headers, body, encode, active, send

        /// The field beside which an issue is told.
        init(_ issue: InputIssue) {
            self =
                switch issue.path.prefix(while: { $0 != "." && $0 != "[" }) {
                case "name": .name
                case "url": .url
                case "method": .method
                case "campaign_id": .campaigns
                case "headers": .headers
                case "body": .body
                case "encodeIntoUrl": .encode
                case "active": .active
                case "send": .send
                default: .all
                }
        }
    }

    /// An issue as a sentence, in HTML.
    func problem(_ issue: InputIssue) -> String {
        let end = issue.message.hasSuffix("?") ? "" : "."
        return StoredText.html("\(subject(issue)) \(issue.message)\(end)")
    }

    private func subject(_ issue: InputIssue) -> String {
        let detail = issue.path.drop { $0 != "." && $0 != "[" }.dropFirst()
        switch Field(issue) {
        case .all: return "This"
        case .name: return "The name"
        case .url: return "The URL"
        case .method: return "The method"
        case .campaigns:
            let ids = campaignIDs
            guard let place = Int(detail.dropLast()), ids.indices.contains(place) else {
                return "The list of campaigns"
            }
            return "The campaign id “\(ids[place].prefix(64))”"
        case .headers: return issue.path == "headers" ? "The headers" : "The header “\(detail)”"
        case .body: return "The body"
        case .encode: return "Encoding into the URL"
        case .active: return "Whether it is active"
        case .send: return "The send id"
        }
    }
}
