import NIOHTTP1
import SendLogAPI
import SendLogCore
import SendLogHTTP
import SendLogServices

/// The page that creates or changes a webhook, with its routes: shows a ``WebhookForm`` with a preview, and saves it.
struct WebhookEditor: Sendable {
    let service: WebhookService
    let middleware: ConsoleMiddleware

    var routes: [Route] {
        let (list, maxLength) = (SignedInUser.Section.webhooks.path, WebhookForm.maxLength)
        let one = "\(list)/:webhook_id"
        return [
            Route(.GET, "\(list)/new", permission: .createWebhooks, middleware: middleware) { input in
                try await show(input, WebhookForm(), changing: nil)
            },
            Route(
                .POST,
                list,
                permission: .createWebhooks,
                middleware: middleware,
                maxBodyLength: maxLength,
                handle: create
            ),
            Route(.GET, "\(one)/edit", permission: .updateWebhooks, middleware: middleware) { input in
                let webhook = try await service.webhook(input)
                return try await show(input, WebhookForm(webhook.definition), changing: webhook)
            },
            Route(
                .POST,
                one,
                permission: .updateWebhooks,
                middleware: middleware,
                maxBodyLength: maxLength,
                handle: change
            ),
            Route(
                .POST,
                "\(list)/preview",
                isPublic: false,
                middleware: middleware,
                maxBodyLength: maxLength,
                handle: preview
            ),
        ]
    }

    private func show(
        _ input: RouteInput,
        _ form: WebhookForm,
        changing webhook: Webhook?,
        issues: [InputIssue] = []
    ) async throws -> Response {
        let user = try await middleware.user(input)
        let preview = WebhookPreview(service: service, user: user, organisation: try input.organisation())
        let (shown, issue) = try await preview.values(of: form, showsIssues: false)
        let all = issues + [issue].compactMap { $0 }
        var values: [String: Any] = form.values(all)
        values["preview"] = middleware.pages.templates.render("webhook-preview", shown)
        values["fields"] = WebhookField.allCases.map { field in
            ["field": "{{\(field.rawValue)}}", "meaning": field.meaning]
        }
        let list = SignedInUser.Section.webhooks.path
        values["action"] = webhook.map { "\(list)/\($0.id)" } ?? list
        values["is-new"] = webhook == nil
        values["is-paused"] = webhook?.progress.pause != nil
        values["may-read-sends"] = user.may(.readSendLogs)
        values["back"] = webhook != nil && user.may(.readWebhooks) ? values["action"] : list
        return middleware.pages.response(
            "webhook-editor",
            title: webhook == nil ? "New webhook" : "Edit webhook",
            to: input.request,
            user: user,
            section: .webhooks,
            status: all.isEmpty ? .ok : .badRequest,
            values
        )
    }

    /// Reads the form.
    ///
    /// - Returns: the form; the webhook to save, or `nil` for a preview or an invalid form; the issues of the form.
    private func entered(
        _ input: RouteInput
    ) async throws -> (form: WebhookForm, requested: WebhookInput?, issues: [InputIssue]) {
        let fields = try await Form(input, of: try await middleware.user(input))
        let form = WebhookForm(fields)
        do throws(InvalidInput) {
            let requested = try form.input()
            return (form, fields["do"] == "preview" ? nil : requested, [])
        } catch {
            return (form, nil, error.issues)
        }
    }

    @Sendable private func create(_ input: RouteInput) async throws -> Response {
        let (form, requested, issues) = try await entered(input)
        guard let requested else { return try await show(input, form, changing: nil, issues: issues) }
        do {
            let made = try await service.create(requested, in: try input.organisation(), at: input.now)
            let secret = NewSecret(made.secret, isFirst: true, former: nil)
            guard try await middleware.user(input).may(.readWebhooks) else {
                return try await WebhooksPage(service: service, middleware: middleware).show(input, secret: secret)
            }
            return try await WebhookPage(service: service, middleware: middleware).show(
                input,
                made.webhook,
                secret: secret
            )
        } catch let error as InvalidInput {
            return try await show(input, form, changing: nil, issues: error.issues)
        }
    }

    @Sendable private func change(_ input: RouteInput) async throws -> Response {
        let (form, requested, issues) = try await entered(input)
        let webhook = try await service.webhook(input)
        guard let requested else { return try await show(input, form, changing: webhook, issues: issues) }
        do {
            _ = try await service.change(webhook.id, requested, in: webhook.organisation, at: input.now)
        } catch let error as StoreError {
            throw APIError.noWebhook(webhook.id.text).ifNotFound(error)
        }
        let list = SignedInUser.Section.webhooks.path
        return Pages.redirect(
            to: try await middleware.user(input).may(.readWebhooks) ? "\(list)/\(webhook.id)" : list
        )
    }

    /// Returns the preview alone, for the script.
    @Sendable private func preview(_ input: RouteInput) async throws -> Response {
        let user = try await middleware.user(input)
        guard user.may(.createWebhooks) || user.may(.updateWebhooks) else {
            throw APIError.permissionDenied(.createWebhooks)
        }
        let form = WebhookForm(try await Form(input, of: user))
        let preview = WebhookPreview(service: service, user: user, organisation: try input.organisation())
        let (values, _) = try await preview.values(of: form, showsIssues: true)
        return middleware.pages.fragment("webhook-preview", to: input.request, values)
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
        case .organisationID: "the ID of the organisation, a number"
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
