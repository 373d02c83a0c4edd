import NIOHTTP1
import SendLogAPI
import SendLogCore
import SendLogHTTP
import SendLogServices

/// The page of one webhook with its settings, state and deliveries.
struct WebhookPage: Sendable {
    let service: WebhookService
    let middleware: ConsoleMiddleware

    /// The maximum number of campaigns that are shown at first.
    private static let maxCampaigns = 20
    /// The path pattern of the page.
    static let path = "\(WebhooksPage.path)/:webhook_id"

    var routes: [Route] {
        let page = middleware.get(Self.path, [.readWebhooks], query: ["attempted", "queued", "state", "before"]) {
            request in
            try await show(request, try await service.webhook(request.input))
        }
        return [page] + actionRoutes
    }

    /// Renders the page, with a secret that was just created, or with what was entered for a test or a replay and its
    /// problem.
    ///
    /// - Throws: ``StoreError``.
    func show(
        _ request: UserRequest,
        _ webhook: Webhook,
        secret: NewSecret? = nil,
        problem: String? = nil,
        send: String = "",
        entered form: Form? = nil,
        in kind: ReplayRange.Kind? = nil
    ) async throws -> Response {
        let (user, input) = (request.user, request.input)
        let query = QueryString(input.request.method == .GET ? input.request.query : nil)
        let state = WebhookState(webhook, try await service.status(of: webhook), zone: user.zone, now: input.now)
        let table = DeliveriesTable(service: service, webhook: webhook, user: user, now: input.now)
        var values = fields(webhook, user).merging(state.values) { own, _ in own }
        values.merge(replayValues(webhook, entered: form, in: kind)) { own, _ in own }
        let rule = "a number of deliveries"
        values["queued"] = try query.value("queued", rule) { Int($0).flatMap { $0 >= 0 ? $0.deliveries : nil } }
        values["is-paused"] = state.state == .paused
        values["is-delivering"] = state.state == .active || state.state == .failing
        values["may-update"] = user.may(.updateWebhooks)
        values["may-delete"] = user.may(.deleteWebhooks)
        values["may-act"] = user.may(.updateWebhooks) || user.may(.deleteWebhooks)
        values["zone"] = user.zone.name
        values["new-secret"] = secret?.values(zone: user.zone)
        values["test-send"] = send
        values["problem"] = problem.map { UntrustedText.html($0) }
        if let attempted = try await attempted(query, of: webhook) { values["attempted"] = table.values(attempted) }
        values["deliveries"] = request.pages.templates.render("webhook-deliveries", try await table.values(query))
        let title = webhook.definition.name.isEmpty ? "Webhook" : webhook.definition.name
        return request.page("webhook", section: .webhooks, title: title, isInvalid: problem != nil, values)
    }

    /// Renders the page with a new secret, or the list if the user may not read webhooks.
    func show(_ request: UserRequest, _ secret: NewSecret, of webhook: Webhook) async throws -> Response {
        guard request.user.may(.readWebhooks) else {
            return try await WebhooksPage(service: service, middleware: middleware).show(request, secret: secret)
        }
        return try await show(request, webhook, secret: secret)
    }

    /// Redirects to the page, or to the list if the user may not read webhooks.
    func redirect(_ request: UserRequest, to webhook: Webhook, _ query: String = "") -> Response {
        let list = WebhooksPage.path
        return Pages.redirect(to: request.user.may(.readWebhooks) ? "\(list)/\(webhook.id)\(query)" : list)
    }

    /// Returns the delivery whose attempt was just made; `nil` if there is none.
    private func attempted(_ query: QueryString, of webhook: Webhook) async throws -> Delivery? {
        guard let id = try query.deliveryID("attempted") else { return nil }
        do throws(StoreError) {
            return try await service.store.delivery(id, of: webhook.id, in: webhook.organisation)
        } catch {
            guard error == .notFound else { throw error }
            return nil
        }
    }

    private func fields(_ webhook: Webhook, _ user: SignedInUser) -> [String: Any] {
        let definition = webhook.definition
        let campaigns = definition.campaigns.map { ["campaign": $0.text] }
        var values: [String: Any] = [
            "id": webhook.id.text, "name": definition.nameHTML, "url": UntrustedText.html(definition.url.text),
            "method": definition.method.rawValue, "encodes": definition.encodesIntoURL,
            "all-campaigns": definition.campaigns.isEmpty, "may-read-sends": user.may(.readSendLogs),
            "campaigns": Array(campaigns.prefix(Self.maxCampaigns)),
            "headers": definition.headers.map { ["header": UntrustedText.html("\($0.name): \($0.text)")] },
            "has-headers": !definition.headers.isEmpty, "created": user.zone.text(webhook.created),
            "secrets": webhook.secrets.map { secret in
                var values = ["created-at": user.zone.text(secret.created)]
                values["until"] = secret.expires.map { user.zone.text($0) }
                return values
            },
        ]
        let more = campaigns.count - Self.maxCampaigns
        if more > 0 { values["more-campaigns"] = more.grouped }
        if webhook.updated > webhook.created { values["updated"] = user.zone.text(webhook.updated) }
        values["template"] = definition.body.map { UntrustedText.html($0.text) }
        return values
    }
}
