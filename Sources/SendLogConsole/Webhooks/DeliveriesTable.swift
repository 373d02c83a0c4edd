import SendLogAPI
import SendLogCore
import SendLogServices

/// The table of a webhook's deliveries, newest first.
struct DeliveriesTable {
    let service: WebhookService
    let webhook: Webhook
    let user: SignedInUser
    /// The time of the request.
    let now: Timestamp

    /// The number of deliveries per page.
    private static let rows = 25

    /// Returns the values for the page's template.
    ///
    /// - Parameter query: `state` for deliveries of one state, `before` for deliveries older than one
    /// - Returns: the values.
    /// - Throws: ``StoreError``; ``InvalidInput`` for an invalid parameter.
    func values(_ query: QueryString) async throws -> [String: Any] {
        let states = Delivery.State.allCases.map(\.rawValue).joined(separator: ", ")
        let state = try query.value("state", "one of \(states)") { Delivery.State(rawValue: $0) }
        let before = try query.deliveryID("before")
        // Reads one more to find out whether there is another page.
        let found = try await service.store.deliveries(
            of: webhook.id,
            in: webhook.organisation,
            state: state,
            before: before,
            limit: Self.rows + 1
        )
        let shown = found.prefix(Self.rows)
        var values: [String: Any] = [
            "id": webhook.id.text, "may-update": user.may(.updateWebhooks), "is-filtered": state != nil,
            "is-later": before != nil, "zone": user.zone.name, "form-token": user.csrfToken,
            "states": ([nil] + Delivery.State.allCases).map { each in
                [
                    "link": link(each), "choice": each.map(Self.label) ?? "all",
                    "current": each == state ? "aria-current=\"page\"" : "",
                ]
            },
            "deliveries": shown.map { self.values($0) },
            "is-empty": shown.isEmpty,
        ]
        values["newest"] = before == nil ? nil : link(state)
        values["older"] = found.count > Self.rows ? shown.last.map { link(state, before: $0.id) } : nil
        return values
    }

    private func link(_ state: Delivery.State?, before: DeliveryID? = nil) -> String {
        let parameters = [state.map { "state=\($0.rawValue)" }, before.map { "before=\($0)" }].compactMap { $0 }
        let query = parameters.isEmpty ? "" : "?\(parameters.joined(separator: "&"))"
        return "\(WebhooksPage.path)/\(webhook.id)\(query)#deliveries"
    }

    private static func label(_ state: Delivery.State) -> String {
        switch state {
        case .waiting: "waiting for retry"
        case .delivered: "delivered"
        case .failed: "failed"
        }
    }

    /// Returns the CSS class of a state.
    private static func cssClass(_ state: Delivery.State) -> String {
        switch state {
        case .waiting: "retried"
        case .delivered, .failed: state.rawValue
        }
    }

    /// Returns the values of a delivery with its attempts, newest first.
    func values(_ delivery: Delivery) -> [String: Any] {
        // Manual redeliveries count as attempts, but not as tries.
        let count = max(delivery.tries, delivery.attempts.count)
        var values: [String: Any] = [
            "delivery": delivery.id.description, "delivery-state": Self.cssClass(delivery.state),
            "label": Self.label(delivery.state), "attempt-count": count.grouped,
            "attempts-noun": count == 1 ? "attempt" : "attempts", "send": delivery.send.text,
            "send-html": [UInt8].html(id: delivery.send.text),
            "is-test": delivery.id.test != nil, "is-sample": delivery.id.sequence.number == 0,
            "is-linked": user.may(.readSendLogs) && delivery.id.sequence.number > 0,
            "next": nextAttempt(of: delivery),
            "result": delivery.attempts.last?.result ?? "", "attempts": delivery.attempts.reversed().map(attempt),
            "may-repeat": user.may(.updateWebhooks),
        ]
        values["when"] = delivery.attempts.last.map { user.zone.text($0.at) }
        if delivery.attempts.count == Delivery.maxStoredAttempts { values["stored-count"] = delivery.attempts.count }
        return values
    }

    /// Returns when the next attempt of a delivery is made: a time to come, or what it depends on.
    private func nextAttempt(of delivery: Delivery) -> String {
        guard let scheduled = delivery.nextTry else { return "none" }
        switch webhook.state {
        case .paused: return "when resumed"
        case .inactive: return "when activated"
        case .active, .failing:
            let next = max(scheduled, webhook.progress.heldUntil ?? scheduled)
            return next > now ? user.zone.text(next) : "soon"
        }
    }

    private func attempt(_ attempt: DeliveryAttempt) -> [String: Any] {
        [
            "utc": attempt.at.description, "moment": user.zone.text(attempt.at),
            "duration": "\(attempt.duration.grouped) ms", "outcome": attempt.result,
            // Replaces invalid UTF-8.
            "answer": UntrustedText.html(String(decoding: attempt.responseBody, as: UTF8.self)),
            "has-answer": !attempt.responseBody.isEmpty,
        ]
    }
}

extension QueryString {
    /// Parses a parameter that is the ID of a delivery.
    ///
    /// - Returns: the ID; `nil` if it is not given.
    /// - Throws: ``InvalidInput`` that says which values are valid.
    func deliveryID(_ name: String) throws(InvalidInput) -> DeliveryID? {
        try value(name, "the ID of a delivery, such as 1042") { DeliveryID($0) }
    }
}
