import Foundation
import SendLogAPI
import SendLogCore
import SendLogHTTP
import SendLogServices

/// Handles the buttons of the page.
extension WebhookPage {
    var actionRoutes: [Route] {
        [
            action("active", .updateWebhooks, setActive), action("test", .updateWebhooks, test),
            action("secret", .updateWebhooks, rotate), action("delete", .deleteWebhooks, delete),
            action("deliveries/:delivery_id/redeliver", .updateWebhooks, redeliver),
        ] + replayRoutes
    }

    /// An action on a webhook.
    typealias Action = @Sendable (UserRequest, Form, Webhook) async throws -> Response

    func action(_ path: String, _ permission: Permission, _ action: @escaping Action) -> Route {
        middleware.post("\(Self.path)/\(path)", [permission]) { request, form in
            let webhook = try await service.webhook(request.input)
            do { return try await action(request, form, webhook) } catch let error as StoreError {
                throw APIError.noWebhook(webhook.id.text).ifNotFound(error)
            }
        }
    }

    private func change(_ webhook: Webhook, _ json: StaticString, at now: Timestamp) async throws -> (
        Webhook, WebhookSecret?
    ) {
        let bytes = UnsafeBufferPointer(start: json.utf8Start, count: json.utf8CodeUnitCount)
        return try await service.change(webhook.id, try JSONValue(utf8: bytes), in: webhook.organisation, at: now)
    }

    @Sendable private func setActive(
        _ request: UserRequest,
        _ form: Form,
        _ webhook: Webhook
    ) async throws -> Response {
        let json: StaticString = try form.required("active") == "true" ? #"{"active":true}"# : #"{"active":false}"#
        let (changed, _) = try await change(webhook, json, at: request.input.now)
        var response = redirect(request, to: webhook)
        response.event = .webhookChanged(changed, from: webhook, hasNewSecret: false)
        return response
    }

    @Sendable private func rotate(_ request: UserRequest, _ form: Form, _ webhook: Webhook) async throws -> Response {
        let (changed, secret) = try await change(webhook, #"{"rotateSecret":true}"#, at: request.input.now)
        guard let secret else { throw APIError.internalError("no secret was created") }
        let former = changed.secrets.dropFirst().first?.expires
        var response = try await show(request, NewSecret(secret: secret, isFirst: false, former: former), of: changed)
        response.event = .webhookChanged(changed, from: webhook, hasNewSecret: true)
        return response
    }

    @Sendable private func test(_ request: UserRequest, _ form: Form, _ webhook: Webhook) async throws -> Response {
        let text = form["send"].trimmingCharacters(in: .whitespaces)
        let id = SendLogID(text)
        func refuse(_ rule: String, _ problem: String) async throws -> Response {
            guard request.user.may(.readWebhooks) else { throw InvalidInput(path: "send", rule) }
            return try await show(request, webhook, problem: problem, send: text)
        }
        if !text.isEmpty, id == nil { return try await refuse(SendLogID.rule, "The send ID \(SendLogID.rule).") }
        do {
            let now = request.input.now
            let delivery = try await service.test(webhook.id, with: id, in: webhook.organisation, at: now)
            var response = redirect(request, to: webhook, "?attempted=\(delivery.id)")
            response.event = .webhookTested(webhook.id, delivery)
            return response
        } catch let error as StoreError {
            guard error == .notFound, let id else { throw error }
            return try await refuse("does not match any send", "There is no send \(id) in this organisation.")
        }
    }

    @Sendable private func redeliver(
        _ request: UserRequest,
        _ form: Form,
        _ webhook: Webhook
    ) async throws -> Response {
        let input = request.input
        let missing = APIError.notFound("delivery \(Naming.shown(input.parameter)) of this webhook not found")
        guard let id = DeliveryID(input.parameter) else { throw missing }
        do {
            let delivery = try await service.redeliver(id, of: webhook.id, in: webhook.organisation, at: input.now)
            var response = redirect(request, to: webhook, "?attempted=\(delivery.id)")
            response.event = .webhookRedelivered(webhook.id, delivery)
            return response
        } catch let error as StoreError {
            throw missing.ifNotFound(error)
        }
    }

    @Sendable private func delete(_ request: UserRequest, _ form: Form, _ webhook: Webhook) async throws -> Response {
        try await service.store.deleteWebhook(webhook.id, in: webhook.organisation)
        var response = Pages.redirect(to: WebhooksPage.path)
        response.event = .webhookDeleted(webhook.id)
        return response
    }
}
