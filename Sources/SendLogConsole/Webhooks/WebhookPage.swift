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

    var routes: [Route] {
        [
            Route(
                .GET,
                "\(SignedInUser.Section.webhooks.path)/:webhook_id",
                permission: .readWebhooks,
                middleware: middleware
            ) { input in
                try await show(input, try await service.webhook(input))
            }
        ]
    }

    /// Renders the page.
    ///
    /// - Parameters:
    ///   - input: the request
    ///   - webhook: the webhook
    ///   - secret: the secret, if it was just created
    ///   - problem: the problem with the form of a test
    ///   - send: the text that was entered into that form
    /// - Returns: the page.
    /// - Throws: ``StoreError``.
    func show(
        _ input: RouteInput,
        _ webhook: Webhook,
        secret: NewSecret? = nil,
        problem: String? = nil,
        send: String = ""
    ) async throws -> Response {
        let user = try await middleware.user(input)
        let query = QueryString(input.request.method == .GET ? input.request.query : nil)
        let behind = try await service.backlog(of: webhook)
        let state = WebhookState(webhook, behind: behind, zone: user.zone, now: input.now)
        let table = DeliveriesTable(service: service, webhook: webhook, user: user)
        var values = fields(webhook, user).merging(state.values) { own, _ in own }
        values["is-paused"] = state.label == "paused"
        values["is-delivering"] = webhook.definition.isActive && state.label != "paused"
        values["may-update"] = user.may(.updateWebhooks)
        values["may-delete"] = user.may(.deleteWebhooks)
        values["may-act"] = user.may(.updateWebhooks) || user.may(.deleteWebhooks)
        values["zone"] = user.zone.name
        values["new-secret"] = secret?.values(zone: user.zone)
        values["test-send"] = send
        if let problem { values["problem"] = UntrustedText.html(problem) }
        if let attempted = try await attempted(query, of: webhook) { values["attempted"] = table.values(attempted) }
        values["deliveries"] = middleware.pages.templates.render("webhook-deliveries", try await table.values(query))
        let name = webhook.definition.name
        return middleware.pages.response(
            "webhook",
            title: name.isEmpty ? "Webhook" : name,
            to: input.request,
            user: user,
            section: .webhooks,
            status: problem == nil ? .ok : .badRequest,
            values
        )
    }

    /// Returns the delivery whose attempt was just made; `nil` if there is none.
    private func attempted(_ query: QueryString, of webhook: Webhook) async throws -> Delivery? {
        guard let id = query["attempted"].flatMap({ DeliveryID($0) }) else { return nil }
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
        if campaigns.count > Self.maxCampaigns {
            values["more-campaigns"] = (campaigns.count - Self.maxCampaigns).grouped
        }
        if webhook.updated > webhook.created { values["updated"] = user.zone.text(webhook.updated) }
        values["template"] = definition.body.map { UntrustedText.html($0.text) }
        return values
    }
}
