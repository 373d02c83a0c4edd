import SendLogCore

/// The checks of tables, webhooks, keys and damaged rows.
enum ContentsChecks {
    /// The number of webhooks and keys that are named.
    private static let maxNamed = 10
    /// The number of webhooks and keys that are counted.
    private static let maxCounted = 1000

    /// Returns the findings about paused, failing and delayed webhooks.
    ///
    /// - Throws: ``InspectionTimedOut``; ``StoreError``.
    static func webhooks(_ inspection: any DatabaseInspection, at now: Timestamp) throws -> [DoctorFinding] {
        let webhooks = try inspection.lateWebhooks(at: now, limit: maxCounted)
        let findings = webhooks.prefix(maxNamed).map(finding)
        let more = webhooks.count - maxNamed
        if more <= 0 { return findings }
        let (count, verb) = (webhooks.count == maxCounted ? "\(more) or more" : "\(more)", more == 1 ? "is" : "are")
        let message = "\(count) further webhooks \(verb) paused, failing or delayed"
        return findings + [DoctorFinding(.webhooks, .warning, message, advice: "look at GET /webhooks or the console")]
    }

    /// Returns the finding about a webhook.
    static func finding(_ webhook: LateWebhook) -> DoctorFinding {
        let name = "the webhook \(webhook.key.id) of organisation \(webhook.key.organisation.number)"
        switch webhook.state {
        case .paused(let since):
            return DoctorFinding(
                .webhooks,
                .warning,
                "\(name) is paused\(since.map { " since \($0)" } ?? ""), and delivers nothing",
                advice: "fix its receiver, then resume it in the console, or with PUT /webhooks/\(webhook.key.id) "
                    + #"{"active": true}"#
            )
        case .failing(let since):
            return DoctorFinding(
                .webhooks,
                .warning,
                "all attempts of \(name) fail\(since.map { " since \($0)" } ?? ""), so its deliveries are delayed",
                advice: "fix its receiver; if it fails for webhooks.retrySeconds, the webhook is paused"
            )
        case .delayed:
            return DoctorFinding(
                .webhooks,
                .warning,
                "\(name) is delayed: it has not delivered a send that was recorded more than "
                    + "\(WebhookCounts.maxDelay / 60_000) minutes ago",
                advice:
                    "look at its attempts in the console; if they succeed, its receiver is slow, or webhooks.workers is "
                    + "too low; if there are none, start a server with workers"
            )
        }
    }

    /// Returns the findings about keys that have every permission and never expire.
    ///
    /// - Throws: ``InspectionTimedOut``; ``StoreError``.
    static func keys(_ inspection: any DatabaseInspection) throws -> [DoctorFinding] {
        let keys = try inspection.unlimitedKeys(limit: maxCounted)
        if keys.isEmpty { return [] }
        let named = keys.prefix(maxNamed).map { "\($0.id) of organisation \($0.organisation.number)" }
        let more = keys.count - named.count
        let others = more == 0 ? "" : " and \(more)\(keys.count == maxCounted ? " or more" : "") others"
        let verb = keys.count == 1 ? "has the permission * and never expires" : "have the permission * and never expire"
        return [
            DoctorFinding(
                .keys,
                .warning,
                "\(named.joined(separator: ", "))\(others) \(verb)",
                advice: "create keys with the needed permissions and --expires, then run sendlog key revoke"
            )
        ]
    }

    /// Returns the findings about missing tables and indexes, and about settings of a database server.
    ///
    /// - Throws: ``InspectionTimedOut``; ``StoreError``.
    static func setUp(_ inspection: any DatabaseInspection) throws -> [DoctorFinding] {
        try inspection.setUpFaults().map {
            DoctorFinding(.database, .problem, $0, advice: "correct it, then run sendlog database check")
        }
    }

    /// Returns the findings about damaged rows.
    ///
    /// - Throws: ``StoreError``.
    static func damage(_ inspection: any DatabaseInspection) throws -> [DoctorFinding] {
        try inspection.damage().map(damage)
    }

    /// Returns the finding about damage.
    static func damage(_ text: String) -> DoctorFinding {
        let advice = "run sendlog database check, which finds all damage, and restore a backup"
        return DoctorFinding(.damage, .problem, text, advice: advice)
    }
}
