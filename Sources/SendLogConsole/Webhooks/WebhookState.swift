import SendLogCore

/// How a webhook fares, in words.
struct WebhookState {
    /// One word, which is also the class of what shows it.
    let word: String
    /// What there is to say beyond that; as HTML.
    let detail: String
    /// How many sends it has yet to look at.
    let behind: Int

    /// Tells it.
    ///
    /// - Parameters:
    ///   - webhook: the webhook
    ///   - head: the organisation's last send log
    ///   - zone: on whose clocks moments are told
    ///   - now: the time
    init(_ webhook: Webhook, head: SequenceNumber, zone: ViewerZone, now: Timestamp) {
        let progress = webhook.progress
        behind = Int(webhook.behind(head))
        if !webhook.definition.isActive {
            (word, detail) = ("inactive", "tells nothing")
        } else if let pause = progress.pause {
            (word, detail) = ("paused", "since \(zone.text(pause.at)): \(StoredText.html(pause.reason))")
        } else if progress.failures > 0 {
            let since = progress.failingSince.map { " since \(zone.text($0))" } ?? ""
            let rest = progress.heldUntil.flatMap { $0 > now ? "; goes on at \(zone.text($0))" : nil } ?? ""
            (word, detail) = ("failing", "\(progress.failures.counted("failure")) in a row\(since)\(rest)")
        } else {
            (word, detail) = ("active", "")
        }
    }

    /// What templates show of it.
    var values: [String: Any] {
        var values: [String: Any] = ["state": word, "state-detail": detail]
        if behind > 0 { values["behind"] = behind.counted("send") }
        return values
    }
}

/// A secret that is shown this once.
struct NewSecret {
    private let secret: WebhookSecret
    private let isFirst: Bool
    /// Until when requests are signed with the former one too.
    private let former: Timestamp?

    init(_ secret: WebhookSecret, isFirst: Bool, former: Timestamp?) {
        self.secret = secret
        self.isFirst = isFirst
        self.former = former
    }

    func values(zone: ViewerZone) -> [String: Any] {
        var values: [String: Any] = ["text": secret.text, "is-first": isFirst]
        if let former { values["former"] = zone.text(former) }
        return values
    }
}
