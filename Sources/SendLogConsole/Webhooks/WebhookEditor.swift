import NIOHTTP1
import SendLogAPI
import SendLogCore
import SendLogHTTP

/// The form of a webhook, new or not, with a preview of what it would send.
struct WebhookEditor: Sendable {
    let service: WebhookService
    let front: ConsoleFront

    var routes: [Route] {
        let (list, longest) = (Visitor.Section.webhooks.path, WebhookForm.longest)
        let one = "\(list)/:webhook_id"
        return [
            Route(.GET, "\(list)/new", permission: .createWebhooks, front: front) { input in
                try await show(input, WebhookForm(), changing: nil)
            },
            Route(.POST, list, permission: .createWebhooks, front: front, longestBody: longest, handle: create),
            Route(.GET, "\(one)/edit", permission: .updateWebhooks, front: front) { input in
                let webhook = try await service.webhook(input)
                return try await show(input, WebhookForm(webhook.definition), changing: webhook)
            },
            Route(.POST, one, permission: .updateWebhooks, front: front, longestBody: longest, handle: change),
            Route(.POST, "\(list)/preview", isOpen: false, front: front, longestBody: longest, handle: preview),
        ]
    }

    private func show(
        _ input: RouteInput,
        _ form: WebhookForm,
        changing webhook: Webhook?,
        issues: [InputIssue] = []
    ) async throws -> Answer {
        let visitor = try await front.visitor(input)
        let preview = WebhookPreview(service: service, visitor: visitor, organisation: try input.organisation())
        let (shown, issue) = try await preview.values(of: form, tellsIssues: false)
        let all = issues + [issue].compactMap { $0 }
        var values: [String: Any] = form.values(all)
        values["preview"] = front.pages.templates.render("webhook-preview", shown)
        values["fields"] = WebhookField.allCases.map { field in
            ["field": "{{\(field.rawValue)}}", "meaning": field.meaning]
        }
        let list = Visitor.Section.webhooks.path
        values["action"] = webhook.map { "\(list)/\($0.id)" } ?? list
        values["is-new"] = webhook == nil
        values["is-paused"] = webhook?.progress.pause != nil
        values["may-read-sends"] = visitor.may(.readSendLogs)
        values["back"] = webhook != nil && visitor.may(.readWebhooks) ? values["action"] : list
        return front.pages.answer(
            "webhook-editor",
            title: webhook == nil ? "New webhook" : "Change a webhook",
            to: input.request,
            visitor: visitor,
            section: .webhooks,
            status: all.isEmpty ? .ok : .badRequest,
            values
        )
    }

    /// What was entered, and what of it is wrong where it is more than a preview that is wanted.
    private func entered(
        _ input: RouteInput
    ) async throws -> (form: WebhookForm, wanted: WebhookInput?, issues: [InputIssue]) {
        let fields = try await Form(input, of: try await front.visitor(input))
        let form = WebhookForm(fields)
        do throws(InvalidInput) {
            let wanted = try form.input()
            return (form, fields["do"] == "preview" ? nil : wanted, [])
        } catch {
            return (form, nil, error.issues)
        }
    }

    @Sendable private func create(_ input: RouteInput) async throws -> Answer {
        let (form, wanted, issues) = try await entered(input)
        guard let wanted else { return try await show(input, form, changing: nil, issues: issues) }
        do {
            let made = try await service.create(wanted, in: try input.organisation(), at: input.now)
            let secret = NewSecret(made.secret, isFirst: true, former: nil)
            guard try await front.visitor(input).may(.readWebhooks) else {
                return try await WebhooksPage(service: service, front: front).show(input, secret: secret)
            }
            return try await WebhookPage(service: service, front: front).show(input, made.webhook, secret: secret)
        } catch let error as InvalidInput {
            return try await show(input, form, changing: nil, issues: error.issues)
        }
    }

    @Sendable private func change(_ input: RouteInput) async throws -> Answer {
        let (form, wanted, issues) = try await entered(input)
        let webhook = try await service.webhook(input)
        guard let wanted else { return try await show(input, form, changing: webhook, issues: issues) }
        do {
            _ = try await service.change(webhook.id, wanted, in: webhook.organisation, at: input.now)
        } catch let error as StoreError {
            throw APIError.noWebhook(webhook.id.text).ifNotFound(error)
        }
        let list = Visitor.Section.webhooks.path
        return Pages.redirect(
            to: try await front.visitor(input).may(.readWebhooks) ? "\(list)/\(webhook.id)" : list
        )
    }

    /// The preview alone, for the script.
    @Sendable private func preview(_ input: RouteInput) async throws -> Answer {
        let visitor = try await front.visitor(input)
        guard visitor.may(.createWebhooks) || visitor.may(.updateWebhooks) else {
            throw APIError.permissionDenied(.createWebhooks)
        }
        let form = WebhookForm(try await Form(input, of: visitor))
        let preview = WebhookPreview(service: service, visitor: visitor, organisation: try input.organisation())
        let (values, _) = try await preview.values(of: form, tellsIssues: true)
        return front.pages.part("webhook-preview", to: input.request, values)
    }
}

extension WebhookField {
    /// What it stands for, for people.
    fileprivate var meaning: String {
        switch self {
        case .sendID: "the send’s id"
        case .sendCampaignID: "the campaign’s id, as the send has it"
        case .message: "the message as it was sent, its own fields not filled in"
        case .triggeredBy: "why it was sent"
        case .startDeliveryAt: "when its delivery started, in UTC"
        case .destinations: "to how many it went: a number"
        case .campaignID: "the campaign’s id"
        case .campaignName: "what the campaign is called; null where it has no name"
        case .organisationID: "the number of the organisation"
        }
    }
}

extension WebhookService {
    /// The webhook of a page's path.
    ///
    /// - Throws: ``APIError/noWebhook(_:)``; ``StoreError``.
    func webhook(_ input: RouteInput) async throws -> Webhook {
        let (id, organisation) = (try input.webhookID(part: 2), try input.organisation())
        do throws(StoreError) { return try await store.webhook(id, in: organisation) } catch {
            throw APIError.noWebhook(id.text).ifNotFound(error)
        }
    }
}
