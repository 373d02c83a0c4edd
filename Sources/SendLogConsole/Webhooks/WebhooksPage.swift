import SendLogAPI
import SendLogCore
import SendLogHTTP
import SendLogServices

/// The page of the organisation's webhooks and their states.
struct WebhooksPage: Sendable {
    let service: WebhookService
    let middleware: ConsoleMiddleware

    /// The path of the page, with which the paths of all pages of webhooks begin.
    static let path = "/console/webhooks"

    var routes: [Route] {
        [middleware.get(Self.path, SignedInUser.Section.webhooks.permissions) { try await show($0) }]
    }

    /// Renders the list, with the secret of a webhook that was just created.
    ///
    /// - Throws: ``StoreError``.
    func show(_ request: UserRequest, secret: NewSecret? = nil) async throws -> Response {
        let user = request.user
        var values: [String: Any] = ["may-list": user.may(.readWebhooks), "may-create": user.may(.createWebhooks)]
        values["new-secret"] = secret?.values(zone: user.zone)
        if user.may(.readWebhooks) {
            let webhooks = try await service.store.webhooks(in: request.organisation)
            let statuses = try await service.statuses(of: webhooks, in: request.organisation)
            let last = try await lastDeliveries(of: webhooks)
            values["webhooks"] = zip(webhooks, statuses).map { webhook, status in
                row(webhook, last[webhook.id], user, status, now: request.input.now)
            }
            values["is-empty"] = webhooks.isEmpty
            values["is-full"] = webhooks.count >= WebhookDefinition.maxPerOrganisation
            values["limit"] = WebhookDefinition.maxPerOrganisation
        }
        return request.page("webhooks", section: .webhooks, values)
    }

    private func row(
        _ webhook: Webhook,
        _ last: Delivery?,
        _ user: SignedInUser,
        _ status: WebhookStatus,
        now: Timestamp
    ) -> [String: Any] {
        let definition = webhook.definition
        var values = WebhookState(webhook, status, zone: user.zone, now: now).values
        values.merge([
            "id": webhook.id.text, "name": definition.nameHTML, "url": UntrustedText.html(definition.url.text),
            "method": definition.method.rawValue,
            "campaigns": definition.campaigns.isEmpty ? "all" : definition.campaigns.count.grouped,
        ]) { $1 }
        if let attempt = last?.attempts.last {
            values["last"] = [
                "moment": user.zone.text(attempt.at), "result": attempt.result,
                "outcome": attempt.isSuccess ? "took" : "failed",
            ]
        }
        return values
    }

    /// Returns the last delivery of each webhook.
    private func lastDeliveries(of webhooks: [Webhook]) async throws -> [WebhookID: Delivery] {
        let store = service.store
        return try await withThrowingTaskGroup(of: (WebhookID, Delivery?).self) { group in
            for webhook in webhooks {
                group.addTask {
                    let (id, organisation) = (webhook.id, webhook.organisation)
                    let last = try await store.deliveries(of: id, in: organisation, state: nil, before: nil, limit: 1)
                    return (id, last.first)
                }
            }
            var found: [WebhookID: Delivery] = [:]
            for try await (id, last) in group { found[id] = last }
            return found
        }
    }
}

extension WebhookDefinition {
    /// The webhook's name as HTML.
    var nameHTML: String { name.isEmpty ? "unnamed" : UntrustedText.html(name) }
}

extension DeliveryAttempt {
    /// The status and the problem of the attempt as HTML.
    var result: String {
        let status = status.map { "HTTP \($0)" }
        return [status, problem.map { UntrustedText.html($0) }].compactMap { $0 }.joined(separator: ": ")
    }
}
