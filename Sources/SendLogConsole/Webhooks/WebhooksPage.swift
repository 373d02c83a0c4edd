import NIOHTTP1
import SendLogAPI
import SendLogCore
import SendLogHTTP

/// The webhooks of the organisation, and how each of them fares.
struct WebhooksPage: Sendable {
    let service: WebhookService
    let front: ConsoleFront

    var routes: [Route] {
        [
            Route(.GET, Visitor.Section.webhooks.path, isOpen: false, front: front) { input in
                let visitor = try await front.visitor(input)
                guard visitor.mayOpen(.webhooks) else { throw APIError.permissionDenied(.readWebhooks) }
                return try await show(input)
            }
        ]
    }

    /// Shows the list.
    ///
    /// - Parameters:
    ///   - input: what is answered
    ///   - secret: that of a webhook which was made just now
    /// - Returns: the page.
    /// - Throws: ``StoreError``.
    func show(_ input: RouteInput, secret: NewSecret? = nil) async throws -> Answer {
        let visitor = try await front.visitor(input)
        var values: [String: Any] = [
            "may-list": visitor.may(.readWebhooks), "may-create": visitor.may(.createWebhooks),
        ]
        values["made"] = secret?.values(zone: visitor.zone)
        if visitor.may(.readWebhooks) {
            let organisation = try input.organisation()
            let webhooks = try await service.store.webhooks(in: organisation)
            let head = try await service.head(of: organisation)
            let last = try await lastDeliveries(of: webhooks)
            values["webhooks"] = webhooks.map { webhook in
                row(webhook, last[webhook.id], visitor, head: head, now: input.now)
            }
            values["is-empty"] = webhooks.isEmpty
            values["is-full"] = webhooks.count >= WebhookDefinition.most
        }
        return front.pages.answer(
            "webhooks",
            title: Visitor.Section.webhooks.title,
            to: input.request,
            visitor: visitor,
            section: .webhooks,
            values
        )
    }

    private func row(
        _ webhook: Webhook,
        _ last: Delivery?,
        _ visitor: Visitor,
        head: SequenceNumber,
        now: Timestamp
    ) -> [String: Any] {
        let definition = webhook.definition
        var values = WebhookState(webhook, head: head, zone: visitor.zone, now: now).values
        values["id"] = webhook.id.text
        values["name"] = definition.shownName
        values["url"] = StoredText.html(definition.url.text)
        values["method"] = definition.method.rawValue
        values["campaigns"] = definition.campaigns.isEmpty ? "all" : definition.campaigns.count.grouped
        if let attempt = last?.attempts.last {
            values["last"] = [
                "moment": visitor.zone.text(attempt.at), "result": attempt.result,
                "outcome": attempt.isSuccess ? "took" : "refused",
            ]
        }
        return values
    }

    /// What became of the last send that each of them told.
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
    /// What it is called, as HTML.
    var shownName: String { name.isEmpty ? "unnamed" : StoredText.html(name) }
}

extension DeliveryAttempt {
    /// The status of the answer, or why there is none, as HTML.
    var result: String {
        let status = status.map { "HTTP \($0)" }
        return [status, problem.map { StoredText.html($0) }].compactMap { $0 }.joined(separator: ": ")
    }
}
