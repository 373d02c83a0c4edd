import SendLogCore

/// A new secret, which is shown only once.
struct NewSecret {
    private let secret: WebhookSecret
    private let isFirst: Bool
    /// When the former secret expires, with which requests are signed until then; `nil` for none.
    private let former: Timestamp?

    init(_ secret: WebhookSecret, isFirst: Bool, former: Timestamp?) {
        self.secret = secret
        self.isFirst = isFirst
        self.former = former
    }

    func values(zone: UserTimeZone) -> [String: Any] {
        var values: [String: Any] = ["text": secret.text, "is-first": isFirst]
        if let former { values["former"] = zone.text(former) }
        return values
    }
}
