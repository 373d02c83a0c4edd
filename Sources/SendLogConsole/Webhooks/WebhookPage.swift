import NIOHTTP1
import SendLogAPI
import SendLogCore
import SendLogHTTP

/// One webhook: everything about it, and what became of its deliveries.
struct WebhookPage: Sendable {
    let service: WebhookService
    let front: ConsoleFront

    /// How many campaigns are named at first.
    private static let mostCampaigns = 20

    var routes: [Route] {
        [
            Route(
                .GET,
                "\(Visitor.Section.webhooks.path)/:webhook_id",
                permission: .readWebhooks,
                front: front
            ) { input in
                try await show(input, try await service.webhook(input))
            }
        ]
    }

    /// Shows it.
    ///
    /// - Parameters:
    ///   - input: what is answered
    ///   - webhook: which
    ///   - secret: its secret, where it was made just now
    ///   - problem: what was wrong with the form of a test
    ///   - send: what stood in that form
    /// - Returns: the page.
    /// - Throws: ``StoreError``.
    func show(
        _ input: RouteInput,
        _ webhook: Webhook,
        secret: NewSecret? = nil,
        problem: String? = nil,
        send: String = ""
    ) async throws -> Answer {
        let visitor = try await front.visitor(input)
        let query = QueryString(input.request.method == .GET ? input.request.query : nil)
        let head = try await service.head(of: webhook.organisation)
        let state = WebhookState(webhook, head: head, zone: visitor.zone, now: input.now)
        let table = DeliveriesTable(service: service, webhook: webhook, visitor: visitor)
        var values = facts(webhook, visitor).merging(state.values) { own, _ in own }
        values["is-paused"] = state.word == "paused"
        values["is-telling"] = webhook.definition.isActive && state.word != "paused"
        values["may-update"] = visitor.may(.updateWebhooks)
        values["may-delete"] = visitor.may(.deleteWebhooks)
        values["may-act"] = visitor.may(.updateWebhooks) || visitor.may(.deleteWebhooks)
        values["zone"] = visitor.zone.name
        values["made"] = secret?.values(zone: visitor.zone)
        values["test-send"] = send
        if let problem { values["problem"] = StoredText.html(problem) }
        if let attempted = try await attempted(query, of: webhook) { values["attempted"] = table.values(attempted) }
        values["deliveries"] = front.pages.templates.render("webhook-deliveries", try await table.values(query))
        let name = webhook.definition.name
        return front.pages.answer(
            "webhook",
            title: name.isEmpty ? "Webhook" : name,
            to: input.request,
            visitor: visitor,
            section: .webhooks,
            status: problem == nil ? .ok : .badRequest,
            values
        )
    }

    /// The delivery whose attempt was just made.
    private func attempted(_ query: QueryString, of webhook: Webhook) async throws -> Delivery? {
        guard let id = query["attempted"].flatMap({ DeliveryID($0) }) else { return nil }
        do throws(StoreError) {
            return try await service.store.delivery(id, of: webhook.id, in: webhook.organisation)
        } catch {
            guard error == .notFound else { throw error }
            return nil
        }
    }

    private func facts(_ webhook: Webhook, _ visitor: Visitor) -> [String: Any] {
        let definition = webhook.definition
        let campaigns = definition.campaigns.map { ["campaign": $0.text] }
        var values: [String: Any] = [
            "id": webhook.id.text, "name": definition.shownName, "url": StoredText.html(definition.url.text),
            "method": definition.method.rawValue, "encodes": definition.encodesIntoURL,
            "all-campaigns": definition.campaigns.isEmpty, "may-read-sends": visitor.may(.readSendLogs),
            "campaigns": Array(campaigns.prefix(Self.mostCampaigns)),
            "headers": definition.headers.map { ["header": StoredText.html("\($0.name): \($0.text)")] },
            "has-headers": !definition.headers.isEmpty, "created": visitor.zone.text(webhook.created),
            "secrets": webhook.secrets.map { secret in
                var values = ["made-at": visitor.zone.text(secret.created)]
                values["until"] = secret.expires.map { visitor.zone.text($0) }
                return values
            },
        ]
        if campaigns.count > Self.mostCampaigns {
            values["more-campaigns"] = (campaigns.count - Self.mostCampaigns).grouped
        }
        if webhook.updated > webhook.created { values["updated"] = visitor.zone.text(webhook.updated) }
        values["template"] = definition.body.map { StoredText.html($0.text) }
        return values
    }
}
