import SendLogAPI
import SendLogCore
import SendLogHTTP
import SendLogServices

/// The page that creates or changes a webhook, with its routes: shows a ``WebhookForm`` with a preview, and saves it.
struct WebhookEditor: Sendable {
    let service: WebhookService
    let campaigns: any CampaignStore
    let middleware: ConsoleMiddleware

    var routes: [Route] {
        let maxLength = WebhookForm.maxLength
        let both: [Permission] = [.createWebhooks, .updateWebhooks]
        return [
            middleware.get("\(WebhooksPage.path)/new", [.createWebhooks]) { request in
                try await show(request, WebhookForm(), changing: nil)
            },
            middleware.post(WebhooksPage.path, [.createWebhooks], maxLength: maxLength, handle: create),
            middleware.get("\(WebhookPage.path)/edit", [.updateWebhooks]) { request in
                let webhook = try await service.webhook(request.input)
                return try await show(request, WebhookForm(webhook.definition), changing: webhook)
            },
            middleware.post(WebhookPage.path, [.updateWebhooks], maxLength: maxLength, handle: change),
            middleware.post("\(WebhooksPage.path)/preview", both, maxLength: maxLength, handle: preview),
        ]
    }

    private func show(
        _ request: UserRequest,
        _ form: WebhookForm,
        changing webhook: Webhook?,
        issues: [InputIssue] = []
    ) async throws -> Response {
        let user = request.user
        let preview = WebhookPreview(service: service, user: user)
        let (shown, issue) = try await preview.values(of: form, showsIssues: false)
        let all = issues + [issue].compactMap { $0 }
        var values: [String: Any] = form.values(all)
        values["preview"] = request.pages.templates.render("webhook-preview", shown)
        values["fields"] = WebhookField.allCases.map { field in
            ["field": "{{\(field.rawValue)}}", "meaning": field.meaning]
        }
        let list = WebhooksPage.path
        values["action"] = webhook.map { "\(list)/\($0.id)" } ?? list
        values["is-new"] = webhook == nil
        values["is-paused"] = webhook?.progress.pause != nil
        values["may-read-sends"] = user.may(.readSendLogs)
        values["may-see-campaigns"] = user.may(.readCampaigns)
        values["back"] = webhook != nil && user.may(.readWebhooks) ? values["action"] : list
        let title = webhook == nil ? "New webhook" : "Edit webhook"
        return request.page("webhook-editor", section: .webhooks, title: title, isInvalid: !all.isEmpty, values)
    }

    /// Reads the form.
    ///
    /// - Returns: the form; the webhook to save, or `nil` for a preview or an invalid form; the issues of the form.
    private func entered(
        _ fields: Form,
        _ request: UserRequest
    ) async throws(StoreError) -> (form: WebhookForm, requested: WebhookInput?, issues: [InputIssue]) {
        let (form, unknown) = try await form(fields, request)
        do throws(InvalidInput) {
            let requested = try form.input()
            return (form, fields["do"] == "preview" || !unknown.isEmpty ? nil : requested, unknown)
        } catch {
            // What is said of a name replaces that it is not an ID.
            let others = error.issues.filter { unknown.isEmpty || !$0.path.hasPrefix("campaign_id") }
            return (form, nil, others + unknown)
        }
    }

    /// Reads the form, with the IDs of the campaigns that it names.
    private func form(
        _ fields: Form,
        _ request: UserRequest
    ) async throws(StoreError) -> (form: WebhookForm, issues: [InputIssue]) {
        let form = WebhookForm(fields)
        guard request.user.may(.readCampaigns) else { return (form, []) }
        return try await CampaignLookup(store: campaigns).resolve(form, in: request.organisation)
    }

    @Sendable private func create(_ request: UserRequest, _ fields: Form) async throws -> Response {
        let (form, requested, issues) = try await entered(fields, request)
        guard let requested else { return try await show(request, form, changing: nil, issues: issues) }
        do {
            let made = try await service.create(requested, in: request.organisation, at: request.input.now)
            let page = WebhookPage(service: service, middleware: middleware)
            let secret = NewSecret(secret: made.secret, isFirst: true)
            var response = try await page.show(request, secret, of: made.webhook)
            response.event = .webhookCreated(made.webhook)
            return response
        } catch let error as InvalidInput {
            return try await show(request, form, changing: nil, issues: error.issues)
        }
    }

    @Sendable private func change(_ request: UserRequest, _ fields: Form) async throws -> Response {
        let (form, requested, issues) = try await entered(fields, request)
        let webhook = try await service.webhook(request.input)
        guard let requested else { return try await show(request, form, changing: webhook, issues: issues) }
        let (id, organisation, now) = (webhook.id, webhook.organisation, request.input.now)
        let (changed, secret) = try await APIError.noWebhook(id.text).ifNotFound {
            try await service.change(id, requested, in: organisation, at: now)
        }
        var response = WebhookPage(service: service, middleware: middleware).redirect(request, to: webhook)
        response.event = .webhookChanged(changed, from: webhook, hasNewSecret: secret != nil)
        return response
    }

    /// Returns the preview alone, for the script.
    @Sendable private func preview(_ request: UserRequest, _ fields: Form) async throws -> Response {
        let preview = WebhookPreview(service: service, user: request.user)
        let (values, _) = try await preview.values(of: form(fields, request).form, showsIssues: true)
        return request.pages.fragment("webhook-preview", to: request.input.request, values)
    }
}

extension WebhookField {
    /// The description of the field, for people.
    fileprivate var meaning: String {
        switch self {
        case .sendID: "the ID of the send"
        case .sendCampaignID: "the ID of the campaign, as recorded in the send"
        case .message: "the template that was sent, with its own fields unresolved"
        case .triggeredBy: "the type of the send, or the reason it was triggered"
        case .startDeliveryAt: "when delivery of the send started, in UTC"
        case .destinations: "the number of destinations"
        case .campaignID: "the ID of the campaign"
        case .campaignName: "the name of the campaign; null if it has none"
        case .organisationID: "the number of the organisation, as text"
        }
    }
}

extension WebhookService {
    /// Returns the webhook of a request's path.
    ///
    /// - Throws: ``APIError/noWebhook(_:)``; ``StoreError``.
    func webhook(_ input: RouteInput) async throws -> Webhook {
        let (id, organisation) = (try input.webhookID(part: 2), try input.organisation())
        do throws(StoreError) { return try await store.webhook(id, in: organisation) } catch {
            throw APIError.noWebhook(id.text).ifNotFound(error)
        }
    }
}
