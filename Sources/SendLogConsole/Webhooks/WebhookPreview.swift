import SendLogAPI
import SendLogCore

/// A webhook's request as it would be sent, before anything is saved.
struct WebhookPreview {
    let service: WebhookService
    let visitor: Visitor
    let organisation: OrganisationID

    /// How many bytes of a body, and of a URL, are shown.
    private static let mostShown = 65_536
    /// Stands for a URL that is not there yet.
    private static let elsewhere = "https://receiver.example/"

    /// What its template shows.
    ///
    /// - Parameters:
    ///   - form: what was entered
    ///   - tellsIssues: whether what is wrong is told here, and not beside the fields
    /// - Returns: the values, and what is wrong with the send that was chosen.
    /// - Throws: ``StoreError``.
    func values(
        of form: WebhookForm,
        tellsIssues: Bool
    ) async throws -> (values: [String: Any], issue: InputIssue?) {
        var values: [String: Any] = [:]
        let (definition, issues) = Self.definition(of: form)
        let isUntouched = form.url.isEmpty && definition != nil
        if tellsIssues, !isUntouched, !issues.isEmpty { values["problems"] = issues.map { form.problem($0) } }
        values["without-url"] = definition != nil && !issues.isEmpty
        values["waits"] = definition == nil
        guard let definition else { return (values, nil) }
        let chosen = try await send(form.send, of: definition.campaigns)
        values["made-up"] = chosen.isMadeUp
        values["may-not-read"] = !visitor.may(.readSendLogs)
        guard let send = chosen.send else {
            values["waits"] = true
            if let issue = chosen.issue, tellsIssues { values["problems"] = [form.problem(issue)] }
            return (values, chosen.issue)
        }
        let request = definition.request(for: send)
        var headers = request.headers.map { ["header": StoredText.html("\($0.name): \($0.value)")] }
        if !request.body.isEmpty { headers.append(["header": "Content-Type: application/json"]) }
        values["request"] = [
            "method": request.method.rawValue, "url": Self.html(Array(request.url.utf8)), "headers": headers,
            "sent": Self.html(request.body), "is-empty": request.body.isEmpty, "bytes": request.body.count.grouped,
        ]
        values["send-id"] = send.id?.text ?? ""
        return (values, nil)
    }

    /// What was entered; with another URL where nothing else is wrong.
    private static func definition(of form: WebhookForm) -> (WebhookDefinition?, [InputIssue]) {
        do throws(InvalidInput) { return (try form.input().definition, []) } catch {
            guard error.issues.allSatisfy({ $0.path == "url" }) else { return (nil, error.issues) }
            var other = form
            other.url = elsewhere
            return (try? other.input().definition, error.issues)
        }
    }

    private func send(
        _ text: String,
        of campaigns: [CampaignID]
    ) async throws -> (send: WebhookSend?, isMadeUp: Bool, issue: InputIssue?) {
        guard visitor.may(.readSendLogs) else { return (WebhookSend.sample, true, nil) }
        let id = SendLogID(text)
        if !text.isEmpty, id == nil { return (nil, false, InputIssue(path: "send", message: SendLogID.rule)) }
        do {
            let found = try await service.send(id, of: campaigns, in: organisation)
            return (found?.send, found?.place.number == 0, nil)
        } catch let error as StoreError {
            guard error == .notFound else { throw error }
            return (nil, false, InputIssue(path: "send", message: "is that of no send in this organisation"))
        }
    }

    private static func html(_ text: [UInt8]) -> String {
        var html: [UInt8] = []
        text.withUnsafeBufferPointer { StoredText.append($0, most: mostShown, to: &html) }
        return String(decoding: html, as: UTF8.self)
    }
}
