import Foundation
import SendLogAPI
import SendLogCore

/// The fields of a webhook's form, as entered.
struct WebhookForm {
    var name = ""
    var url = ""
    var method = WebhookDefinition.Method.post.rawValue
    /// The campaigns, one per line; empty for all.
    var campaigns = ""
    /// The headers as `Name: value`, one per line.
    var headers = ""
    /// The template of the body; empty for none.
    var body = Self.example
    var encodesIntoURL = false
    var isActive = true
    /// The ID of the send for the preview; empty for the last one.
    var send = ""

    /// The maximum size of a form in bytes: all fields with their maximum length, each byte encoded as `%XX`.
    static let maxLength = 786_432

    /// The initial template of a body.
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

    /// Creates the form of a new webhook.
    init() {}

    /// Creates the form of an existing webhook.
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

    /// Creates the form from submitted fields.
    init(_ form: Form) {
        // Browsers submit line breaks as CR LF.
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

    /// The IDs of campaigns, or names in place of them.
    var campaignEntries: [String] {
        campaigns.split { $0.isNewline || $0 == "," }.map { $0.trimmingCharacters(in: .whitespaces) }
            .filter { !$0.isEmpty }
    }

    /// Returns the webhook of this form, validated by the API's rules.
    ///
    /// - Throws: ``InvalidInput`` with all issues.
    func input() throws(InvalidInput) -> WebhookInput {
        for line in headers.split(whereSeparator: \.isNewline)
        where !line.allSatisfy(\.isWhitespace) && !line.contains(":") {
            throw InvalidInput(
                path: "headers",
                "must have the form Name: value, one per line; “\(Naming.shown(line))” has no colon"
            )
        }
        return try WebhookInput(json)
    }

    /// The webhook as a client of the API would send it.
    private var json: JSONValue {
        let lines = headers.split(whereSeparator: \.isNewline).filter { !$0.allSatisfy(\.isWhitespace) }
        let members = lines.map { line in
            let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
                .map { $0.trimmingCharacters(in: .whitespaces) }
            return JSONMember(name: parts[0], value: .string(parts.count > 1 ? parts[1] : ""))
        }
        let ids = campaignEntries.map { JSONValue.string($0) }
        return .object([
            JSONMember(name: "name", value: .string(name.trimmingCharacters(in: .whitespaces))),
            JSONMember(name: "url", value: .string(url.trimmingCharacters(in: .whitespacesAndNewlines))),
            JSONMember(name: "method", value: .string(method)),
            JSONMember(name: "campaign_id", value: ids.isEmpty ? .scalar(.null) : .array(ids)),
            JSONMember(name: "headers", value: .object(members)),
            JSONMember(name: "body", value: body.allSatisfy(\.isWhitespace) ? .scalar(.null) : .string(body)),
            JSONMember(name: "encodeIntoUrl", value: .scalar(.bool(encodesIntoURL))),
            JSONMember(name: "active", value: .scalar(.bool(isActive))),
        ])
    }

    // MARK: - Template values

    /// Returns the values of the fields, each with its issues.
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

    /// A field of the form, with its name in the paths of issues.
    private enum Field: String, CaseIterable {
        case all = ""
        case name, url, method
        case campaigns = "campaign_id"
        case headers, body
        case encode = "encodeIntoUrl"
        case active, send

        /// Creates the field that shows an issue.
        init(_ issue: InputIssue) {
            self = Field(rawValue: String(issue.path.prefix { $0 != "." && $0 != "[" })) ?? .all
        }
    }

    /// Returns an issue as a sentence in HTML.
    func problem(_ issue: InputIssue) -> String {
        let end = issue.message.hasSuffix("?") ? "" : "."
        let sentence =
            issue.isSentence
            ? issue.message.prefix(1).uppercased() + issue.message.dropFirst() : "\(subject(issue)) \(issue.message)"
        return UntrustedText.html("\(sentence)\(end)")
    }

    private func subject(_ issue: InputIssue) -> String {
        let detail = issue.path.drop { $0 != "." && $0 != "[" }.dropFirst()
        switch Field(issue) {
        case .all: return "The webhook"
        case .name: return "The name"
        case .url: return "The URL"
        case .method: return "The method"
        case .campaigns:
            let ids = campaignEntries
            let index = Int(detail.dropLast()).flatMap { ids.indices.contains($0) ? $0 : nil }
            return index.map { "The campaign ID “\(Naming.shown(ids[$0]))”" } ?? "The list of campaigns"
        case .headers: return issue.path == "headers" ? "The headers" : "The header “\(detail)”"
        case .body: return "The body"
        case .encode: return "“Encode into URL”"
        case .active: return "“Active”"
        case .send: return "The send ID"
        }
    }
}
