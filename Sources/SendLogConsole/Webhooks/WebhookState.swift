import SendLogCore

/// The state of a webhook with its details, for people.
struct WebhookState {
    /// The state, whose name is also its CSS class.
    let state: Webhook.State
    /// Further details as HTML.
    let detail: String
    private let status: WebhookStatus

    /// Creates the state of a webhook, with times in a time zone.
    init(_ webhook: Webhook, _ status: WebhookStatus, zone: UserTimeZone, now: Timestamp) {
        let progress = webhook.progress
        self.status = status
        state = webhook.state
        switch state {
        case .active: detail = ""
        case .inactive: detail = "new sends are not delivered"
        case .paused:
            detail = progress.pause.map { "since \(zone.text($0.at)): \(UntrustedText.html($0.reason))" } ?? ""
        case .failing:
            let since = progress.failingSince.map { " since \(zone.text($0))" } ?? ""
            let rest = progress.heldUntil.flatMap { $0 > now ? "; resumes at \(zone.text($0))" : nil } ?? ""
            detail = "\(progress.failures.counted("consecutive failure"))\(since)\(rest)"
        }
    }

    /// The values for templates.
    var values: [String: Any] {
        var values: [String: Any] = ["state": state.rawValue, "state-detail": detail]
        if status.behind > 0 { values["behind"] = status.behind.counted("send") }
        values["failed"] = status.failedText
        return values
    }
}
