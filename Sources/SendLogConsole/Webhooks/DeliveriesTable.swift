import SendLogAPI
import SendLogCore

/// What became of the sends that a webhook told, the last ones first.
struct DeliveriesTable {
    let service: WebhookService
    let webhook: Webhook
    let visitor: Visitor

    /// How many deliveries a page has.
    private static let rows = 25

    /// The page, ready to be shown.
    ///
    /// - Parameter query: `state` for those of one state, `before` for those behind one
    /// - Returns: the values of its template.
    /// - Throws: ``StoreError``.
    func values(_ query: QueryString) async throws -> [String: Any] {
        let state = query["state"].flatMap { Delivery.State(rawValue: $0) }
        let before = query["before"].flatMap { DeliveryID($0) }
        // One more, to know whether there is another page.
        let found = try await service.store.deliveries(
            of: webhook.id,
            in: webhook.organisation,
            state: state,
            before: before,
            limit: Self.rows + 1
        )
        let shown = found.prefix(Self.rows)
        var values: [String: Any] = [
            "id": webhook.id.text, "may-update": visitor.may(.updateWebhooks), "is-filtered": state != nil,
            "is-later": before != nil, "zone": visitor.zone.name, "form-token": visitor.formToken,
            "states": ([nil] + Delivery.State.allCases).map { each in
                [
                    "link": link(each), "choice": each.map(Self.word) ?? "all",
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
        return "\(Visitor.Section.webhooks.path)/\(webhook.id)\(query)#deliveries"
    }

    private static func word(_ state: Delivery.State) -> String {
        switch state {
        case .waiting: "to be tried again"
        case .delivered: "delivered"
        case .failed: "failed"
        }
    }

    /// The class of what shows a state.
    private static func mark(_ state: Delivery.State) -> String {
        switch state {
        case .waiting: "retried"
        case .delivered, .failed: state.rawValue
        }
    }

    /// One delivery with its attempts, the last of them first.
    func values(_ delivery: Delivery) -> [String: Any] {
        // Those that somebody asked for are among the attempts, and not among the tries.
        let made = max(delivery.tries, delivery.attempts.count)
        var values: [String: Any] = [
            "delivery": delivery.id.description, "delivery-state": Self.mark(delivery.state),
            "word": Self.word(delivery.state), "made": made.grouped,
            "attempts-noun": made == 1 ? "attempt" : "attempts", "send": delivery.send.text,
            "is-test": delivery.id.test != nil, "is-made-up": delivery.id.sequence.number == 0,
            "is-linked": visitor.may(.readSendLogs) && delivery.id.sequence.number > 0,
            "next": delivery.nextTry.map { visitor.zone.text($0) } ?? "none",
            "result": delivery.attempts.last?.result ?? "", "attempts": delivery.attempts.reversed().map(attempt),
            "may-repeat": visitor.may(.updateWebhooks),
        ]
        values["when"] = delivery.attempts.last.map { visitor.zone.text($0.at) }
        if delivery.attempts.count == Delivery.mostAttempts { values["kept"] = delivery.attempts.count }
        return values
    }

    private func attempt(_ attempt: DeliveryAttempt) -> [String: Any] {
        var answer: [UInt8] = []
        // What is no UTF-8 is replaced.
        var text = String(decoding: attempt.answer, as: UTF8.self)
        text.withUTF8 { StoredText.append($0, to: &answer) }
        return [
            "utc": attempt.at.description, "moment": visitor.zone.text(attempt.at),
            "duration": "\(attempt.duration.grouped) ms", "outcome": attempt.result,
            "answer": String(decoding: answer, as: UTF8.self),
            "has-answer": !attempt.answer.isEmpty,
        ]
    }
}
