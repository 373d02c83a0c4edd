import SendLogCore

/// A new secret, which is shown only once.
struct NewSecret {
    let secret: WebhookSecret
    let isFirst: Bool
    /// When the former secret expires, with which requests are signed until then; `nil` for none.
    var former: Timestamp?

    func values(zone: UserTimeZone) -> [String: Any] {
        var values: [String: Any] = ["text": secret.text, "is-first": isFirst]
        values["former"] = former.map { zone.text($0) }
        return values
    }
}
