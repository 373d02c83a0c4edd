import SendLogCore

/// The state of a webhook, for people.
struct WebhookState {
    /// The name of the state, which is also its CSS class.
    let label: String
    /// Further details as HTML.
    let detail: String
    private let status: WebhookStatus

    /// Creates the state of a webhook, with times in a time zone.
    init(_ webhook: Webhook, _ status: WebhookStatus, zone: UserTimeZone, now: Timestamp) {
        let progress = webhook.progress
        self.status = status
        if !webhook.definition.isActive {
            (label, detail) = ("inactive", "new sends are not delivered")
        } else if let pause = progress.pause {
            (label, detail) = ("paused", "since \(zone.text(pause.at)): \(UntrustedText.html(pause.reason))")
        } else if progress.failures > 0 {
            let since = progress.failingSince.map { " since \(zone.text($0))" } ?? ""
            let rest = progress.heldUntil.flatMap { $0 > now ? "; resumes at \(zone.text($0))" : nil } ?? ""
            (label, detail) = ("failing", "\(progress.failures.counted("consecutive failure"))\(since)\(rest)")
        } else {
            (label, detail) = ("active", "")
        }
    }

    /// The values for templates.
    var values: [String: Any] {
        var values: [String: Any] = ["state": label, "state-detail": detail]
        if status.behind > 0 { values["behind"] = status.behind.counted("send") }
        values["failed"] = status.failedText
        return values
    }
}
