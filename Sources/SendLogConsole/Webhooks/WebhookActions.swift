import Foundation
import NIOHTTP1
import SendLogAPI
import SendLogCore
import SendLogHTTP
import SendLogServices

/// Handles the buttons of a webhook's page.
struct WebhookActions: Sendable {
    let service: WebhookService
    let middleware: ConsoleMiddleware

    private static let list = SignedInUser.Section.webhooks.path

    var routes: [Route] {
        [
            action("active", .updateWebhooks, setActive), action("test", .updateWebhooks, test),
            action("secret", .updateWebhooks, rotate), action("delete", .deleteWebhooks, delete),
            action("deliveries/:delivery_id/redeliver", .updateWebhooks, redeliver),
        ]
    }

    /// An action on a webhook; it runs after the form's CSRF token was checked.
    private typealias Action = @Sendable (RouteInput, Form, Webhook) async throws -> Response

    private func action(_ path: String, _ permission: Permission, _ action: @escaping Action) -> Route {
        Route(
            .POST,
            "\(Self.list)/:webhook_id/\(path)",
            permission: permission,
            middleware: middleware,
            maxBodyLength: SignIn.maxFormLength
        ) { input in
            let form = try await Form(input, of: try await middleware.user(input))
            let webhook = try await service.webhook(input)
            do { return try await action(input, form, webhook) } catch let error as StoreError {
                throw APIError.noWebhook(webhook.id.text).ifNotFound(error)
            }
        }
    }

    /// Redirects to the webhook's page, or to the list if the user may not read webhooks.
    private func back(_ input: RouteInput, to webhook: Webhook, _ rest: String = "") async throws -> Response {
        let user = try await middleware.user(input)
        return Pages.redirect(to: user.may(.readWebhooks) ? "\(Self.list)/\(webhook.id)\(rest)" : Self.list)
    }

    private func change(_ webhook: Webhook, _ json: StaticString, at now: Timestamp) async throws -> (
        Webhook, WebhookSecret?
    ) {
        let bytes = UnsafeBufferPointer(start: json.utf8Start, count: json.utf8CodeUnitCount)
        return try await service.change(webhook.id, try JSONValue(utf8: bytes), in: webhook.organisation, at: now)
    }

    @Sendable private func setActive(_ input: RouteInput, _ form: Form, _ webhook: Webhook) async throws -> Response {
        let json: StaticString = form["active"] == "true" ? #"{"active":true}"# : #"{"active":false}"#
        _ = try await change(webhook, json, at: input.now)
        return try await back(input, to: webhook)
    }

    @Sendable private func rotate(_ input: RouteInput, _ form: Form, _ webhook: Webhook) async throws -> Response {
        let (changed, secret) = try await change(webhook, #"{"rotateSecret":true}"#, at: input.now)
        guard let secret else { throw APIError.internalError("no secret was created") }
        let shown = NewSecret(secret, isFirst: false, former: changed.secrets.dropFirst().first?.expires)
        guard try await middleware.user(input).may(.readWebhooks) else {
            return try await WebhooksPage(service: service, middleware: middleware).show(input, secret: shown)
        }
        return try await WebhookPage(service: service, middleware: middleware).show(input, changed, secret: shown)
    }

    @Sendable private func test(_ input: RouteInput, _ form: Form, _ webhook: Webhook) async throws -> Response {
        let text = form["send"].trimmingCharacters(in: .whitespaces)
        let id = SendLogID(text)
        func refuse(_ rule: String, _ problem: String) async throws -> Response {
            guard try await middleware.user(input).may(.readWebhooks) else { throw InvalidInput(path: "send", rule) }
            let page = WebhookPage(service: service, middleware: middleware)
            return try await page.show(input, webhook, problem: problem, send: text)
        }
        if !text.isEmpty, id == nil { return try await refuse(SendLogID.rule, "The send ID \(SendLogID.rule).") }
        do {
            let delivery = try await service.test(webhook.id, with: id, in: webhook.organisation, at: input.now)
            return try await back(input, to: webhook, "?attempted=\(delivery.id)")
        } catch let error as StoreError {
            guard error == .notFound, let id else { throw error }
            return try await refuse("does not match any send", "There is no send \(id) in this organisation.")
        }
    }

    @Sendable private func redeliver(_ input: RouteInput, _ form: Form, _ webhook: Webhook) async throws -> Response {
        let missing = APIError.notFound("delivery \(input.parameter.prefix(64)) of this webhook not found")
        guard let id = DeliveryID(input.parameter) else { throw missing }
        do {
            let delivery = try await service.redeliver(id, of: webhook.id, in: webhook.organisation, at: input.now)
            return try await back(input, to: webhook, "?attempted=\(delivery.id)")
        } catch let error as StoreError {
            throw missing.ifNotFound(error)
        }
    }

    @Sendable private func delete(_ input: RouteInput, _ form: Form, _ webhook: Webhook) async throws -> Response {
        try await service.store.deleteWebhook(webhook.id, in: webhook.organisation)
        return Pages.redirect(to: Self.list)
    }
}
