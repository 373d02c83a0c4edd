import NIOHTTP1
import SendLogAPI
import SendLogCore
import SendLogHTTP
import SendLogServices

/// The page of the organisation's webhooks and their states.
struct WebhooksPage: Sendable {
    let service: WebhookService
    let middleware: ConsoleMiddleware

    var routes: [Route] {
        [
            Route(.GET, SignedInUser.Section.webhooks.path, isPublic: false, middleware: middleware) { input in
                let user = try await middleware.user(input)
                guard user.mayOpen(.webhooks) else { throw APIError.permissionDenied(.readWebhooks) }
                return try await show(input)
            }
        ]
    }

    /// Renders the list.
    ///
    /// - Parameters:
    ///   - input: the request
    ///   - secret: the secret of a webhook that was just created
    /// - Returns: the page.
    /// - Throws: ``StoreError``.
    func show(_ input: RouteInput, secret: NewSecret? = nil) async throws -> Response {
        let user = try await middleware.user(input)
        var values: [String: Any] = [
            "may-list": user.may(.readWebhooks), "may-create": user.may(.createWebhooks),
        ]
        values["new-secret"] = secret?.values(zone: user.zone)
        if user.may(.readWebhooks) {
            let organisation = try input.organisation()
            let webhooks = try await service.store.webhooks(in: organisation)
            let backlogs = try await service.backlogs(of: webhooks, in: organisation)
            let last = try await lastDeliveries(of: webhooks)
            values["webhooks"] = zip(webhooks, backlogs).map { webhook, behind in
                row(webhook, last[webhook.id], user, behind: behind, now: input.now)
            }
            values["is-empty"] = webhooks.isEmpty
            values["is-full"] = webhooks.count >= WebhookDefinition.maxPerOrganisation
            values["limit"] = WebhookDefinition.maxPerOrganisation
        }
        return middleware.pages.response(
            "webhooks",
            title: SignedInUser.Section.webhooks.title,
            to: input.request,
            user: user,
            section: .webhooks,
            values
        )
    }

    private func row(
        _ webhook: Webhook,
        _ last: Delivery?,
        _ user: SignedInUser,
        behind: Int,
        now: Timestamp
    ) -> [String: Any] {
        let definition = webhook.definition
        var values = WebhookState(webhook, behind: behind, zone: user.zone, now: now).values
        values["id"] = webhook.id.text
        values["name"] = definition.nameHTML
        values["url"] = UntrustedText.html(definition.url.text)
        values["method"] = definition.method.rawValue
        values["campaigns"] = definition.campaigns.isEmpty ? "all" : definition.campaigns.count.grouped
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
                    let last = try await store.deliveries(
                        of: webhook.id,
                        in: webhook.organisation,
                        state: nil,
                        before: nil,
                        limit: 1
                    )
                    return (webhook.id, last.first)
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
