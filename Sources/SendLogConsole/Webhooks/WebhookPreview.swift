import SendLogAPI
import SendLogCore
import SendLogServices

/// A preview of a webhook's request, before the webhook is saved.
struct WebhookPreview {
    let service: WebhookService
    let user: SignedInUser

    /// The maximum number of bytes of a body, and of a URL, that are shown.
    private static let maxShownBytes = 65_536
    /// Replaces a missing or invalid URL.
    private static let placeholderURL = "https://receiver.example/"

    /// Returns the values for the preview's template, and the issue of the chosen send.
    ///
    /// The issues are shown either in the preview or in the fields of the form.
    ///
    /// - Throws: ``StoreError``.
    func values(of form: WebhookForm, showsIssues: Bool) async throws -> (values: [String: Any], issue: InputIssue?) {
        var values: [String: Any] = [:]
        let (definition, issues) = Self.definition(of: form)
        let isUntouched = form.url.isEmpty && definition != nil
        if showsIssues, !isUntouched, !issues.isEmpty { values["problems"] = issues.map { form.problem($0) } }
        values["without-url"] = definition != nil && !issues.isEmpty
        values["has-errors"] = definition == nil
        guard let definition else { return (values, nil) }
        let chosen = try await send(form.send, of: definition.campaigns)
        values["is-sample"] = chosen.isSample
        values["may-not-read"] = !user.may(.readSendLogs)
        guard let send = chosen.send else {
            values["has-errors"] = true
            if let issue = chosen.issue, showsIssues { values["problems"] = [form.problem(issue)] }
            return (values, chosen.issue)
        }
        let request = WebhookRequest(definition, for: send)
        var headers = request.headers.map { ["header": UntrustedText.html("\($0.name): \($0.value)")] }
        if !request.body.isEmpty { headers.append(["header": "Content-Type: application/json"]) }
        values["request"] = [
            "method": request.method.rawValue, "headers": headers,
            "url": UntrustedText.html(Array(request.url.utf8), maxBytes: Self.maxShownBytes),
            "sent": UntrustedText.html(request.body, maxBytes: Self.maxShownBytes),
            "is-empty": request.body.isEmpty, "bytes": request.body.count.grouped,
        ]
        values["send-id"] = send.id?.text ?? ""
        return (values, nil)
    }

    /// Returns the definition and the issues of a form.
    ///
    /// If only the URL is invalid, the definition has the placeholder URL.
    private static func definition(of form: WebhookForm) -> (WebhookDefinition?, [InputIssue]) {
        do throws(InvalidInput) { return (try form.input().definition, []) } catch {
            guard error.issues.allSatisfy({ $0.path == "url" }) else { return (nil, error.issues) }
            var other = form
            other.url = placeholderURL
            return (try? other.input().definition, error.issues)
        }
    }

    private func send(
        _ text: String,
        of campaigns: [CampaignID]
    ) async throws -> (send: WebhookSend?, isSample: Bool, issue: InputIssue?) {
        guard user.may(.readSendLogs) else { return (WebhookSend.sample, true, nil) }
        let id = SendLogID(text)
        if !text.isEmpty, id == nil { return (nil, false, InputIssue(path: "send", message: SendLogID.rule)) }
        do {
            let found = try await service.send(id, of: campaigns, in: user.key.organisation)
            return (found?.send, found?.sequence.number == 0, nil)
        } catch let error as StoreError {
            guard error == .notFound else { throw error }
            return (nil, false, InputIssue(path: "send", message: "does not match any send in this organisation"))
        }
    }
}
