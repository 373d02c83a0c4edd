import Foundation
import SendLogAPI
import SendLogCore
import SendLogHTTP
import SendLogServices

/// Handles the forms that deliver past sends again.
extension WebhookPage {
    var replayRoutes: [Route] {
        [
            action("redeliver", .updateWebhooks) { try await replay($0, $1, $2, .failed) },
            action("replay", .updateWebhooks) { try await replay($0, $1, $2, .all) },
            action("replays/cancel", .updateWebhooks, cancelReplays),
        ]
    }

    private func replay(
        _ request: UserRequest,
        _ form: Form,
        _ webhook: Webhook,
        _ kind: ReplayRange.Kind
    ) async throws -> Response {
        do {
            let requested = try Self.input(form, kind, zone: request.user.zone)
            let (id, organisation, now) = (webhook.id, webhook.organisation, request.input.now)
            let chosen = try await service.replay(requested, of: id, in: organisation, at: now)
            var response = redirect(request, to: webhook, "?queued=\(chosen.queued)")
            response.event = .webhookReplayed(id, kind, queued: chosen.queued)
            return response
        } catch {
            let sentence = Self.sentence(for: error, kind, zone: request.user.zone)
            guard let sentence, request.user.may(.readWebhooks) else { throw error }
            return try await show(request, webhook, problem: sentence, entered: form, in: kind)
        }
    }

    /// The labels of the forms' fields.
    private static let labels = [
        "from": "“Recorded from”", "to": "“Recorded to”", "after": "“Or after sequence number”",
    ]

    /// Returns a sentence that says why nothing was queued; `nil` for an error that is not the user's.
    static func sentence(for error: any Error, _ kind: ReplayRange.Kind, zone: UserTimeZone) -> String? {
        switch error {
        case let error as InvalidInput:
            return error.issues.first.map { "\(labels[$0.path] ?? "“\($0.path)”") \($0.message)." }
        case let error as UnknownRecordingTimes:
            let since = error.since.map { "\(zone.text($0)) or later" } ?? "a later time"
            let advice = kind == .all ? "Or enter the sequence number before the first send" : "Or leave it empty"
            let label = labels[error.field] ?? ""
            return "\(label) must be \(since): earlier times of recording are not known. \(advice)."
        case ServiceError.replayRefused(let reason): return "Nothing was queued: \(reason)."
        default: return nil
        }
    }

    /// Parses a form, whose times are in the user's zone.
    ///
    /// - Throws: ``InvalidInput``.
    private static func input(
        _ form: Form,
        _ kind: ReplayRange.Kind,
        zone: UserTimeZone
    ) throws(InvalidInput) -> ReplayInput {
        func value<Value>(_ name: String, _ rule: String, _ parse: (String) -> Value?) throws(InvalidInput) -> Value? {
            let text = form[name].trimmingCharacters(in: .whitespaces)
            if text.isEmpty { return nil }
            guard let value = parse(text) else {
                throw InvalidInput(path: name, "must be \(rule), not “\(Naming.shown(text))”")
            }
            return value
        }
        let date = "a date such as 2022-01-31 or 2022-01-31 14:00"
        let input = ReplayInput(
            kind,
            from: try value("from", date) { zone.timestamp(entered: $0, isEnd: false) },
            to: try value("to", date) { zone.timestamp(entered: $0, isEnd: true) },
            after: try value("after", "a sequence number") { text in
                // The page shows numbers with spaces between thousands.
                Int64(text.filter { !$0.isWhitespace })
                    .flatMap { (0...1 << 53).contains($0) ? SequenceNumber($0) : nil }
            }
        )
        if let issue = input.issue { throw InvalidInput([issue]) }
        if let from = input.from, let to = input.to, from > to {
            throw InvalidInput(path: "from", "must not be later than “Recorded to”")
        }
        return input
    }

    @Sendable private func cancelReplays(
        _ request: UserRequest,
        _ form: Form,
        _ webhook: Webhook
    ) async throws -> Response {
        let count = try await service.cancelReplays(of: webhook.id, in: webhook.organisation)
        var response = redirect(request, to: webhook)
        response.event = .webhookReplaysCancelled(webhook.id, count: count)
        return response
    }

    /// Returns the values of a webhook's replays, and of the forms, with what was entered in one of them.
    func replayValues(_ webhook: Webhook, entered form: Form?, in kind: ReplayRange.Kind?) -> [String: Any] {
        let replays = webhook.progress.replays.map { range in
            [
                "what": range.kind == .failed ? "failed deliveries" : "all sends",
                "first": Int(clamping: range.after.number).advanced(by: 1).grouped,
                "last": Int(clamping: range.through.number).grouped,
                "position": Int(clamping: range.position.number).grouped,
            ]
        }
        let forms: [(name: String, kind: ReplayRange.Kind)] = [("redelivery", .failed), ("replay", .all)]
        var values: [String: Any] = ["replays": replays, "has-replays": !replays.isEmpty]
        for (name, each) in forms {
            let entered = each == kind ? form : nil
            values[name] = [
                "open": entered == nil ? "" : "open", "from": entered?["from"] ?? "", "to": entered?["to"] ?? "",
                "sequence": entered?["after"] ?? "",
            ]
        }
        return values
    }
}

extension WebhookStatus {
    /// The number of failed deliveries as a text; `nil` if there are none.
    var failedText: String? { failed == 0 ? nil : "\(failed.deliveries) failed" }
}

extension Int {
    /// The number of deliveries as a text, such as `3 deliveries`.
    var deliveries: String { "\(grouped) \(self == 1 ? "delivery" : "deliveries")" }
}
