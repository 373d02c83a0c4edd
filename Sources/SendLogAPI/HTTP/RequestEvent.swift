import SendLogContent
package import SendLogCore

/// What a request did that the log has at the level `info`: a sign-in, a change, or an export.
///
/// Its fields have no telephone numbers, no texts of users and no secrets.
package struct RequestEvent: Equatable, Sendable {
    /// The value of a field.
    package enum Value: Equatable, Sendable {
        case text(String)
        case number(Int)
    }

    /// A field of the log line.
    package struct Field: Equatable, Sendable {
        let name: String
        let value: Value
    }

    /// The name of the event, such as `webhook.created`.
    let name: String
    /// The fields, besides those of each request.
    private(set) var fields: [Field]
    /// The key of a request whose route needs none: the one that a user signed in with.
    var key: APIKey?

    private init(_ name: String, _ fields: KeyValuePairs<String, Value> = [:]) {
        (self.name, self.fields) = (name, fields.map { Field(name: $0.key, value: $0.value) })
    }

    /// Returns the event of a sign-in to the console.
    package static func signedIn(with key: APIKey) -> RequestEvent {
        var event = RequestEvent("signIn.succeeded")
        event.key = key
        return event
    }

    /// Returns the event of a failed sign-in, with a reason that does not come from the form.
    package static func signInFailed(_ reason: String) -> RequestEvent {
        RequestEvent("signIn.failed", ["reason": .text(reason)])
    }

    /// Returns the event of a sign-out from the console, with the key that the user had signed in with.
    package static func signedOut(_ key: APIKey) -> RequestEvent {
        var event = RequestEvent("session.ended")
        event.key = key
        return event
    }

    /// Returns the event of a new name of a campaign.
    package static func campaignNamed(_ id: CampaignID) -> RequestEvent {
        RequestEvent("campaign.named", ["campaign": .text(id.text)])
    }

    /// Returns the event of a new calling code of an organisation; `nil` for none.
    package static func callingCodeChanged(_ code: CallingCode?) -> RequestEvent {
        RequestEvent("organisation.changed", ["calling_code": .text(code?.description ?? "none")])
    }

    /// Returns the event of an import, with the numbers of its lines.
    static func sendLogsImported(_ report: ImportReport) -> RequestEvent {
        RequestEvent(
            "sendLogs.imported",
            [
                "recorded": .number(report.recorded), "existing": .number(report.existing),
                "failed": .number(report.failed),
            ]
        )
    }

    /// Returns the event of a new key.
    package static func keyCreated(_ id: APIKeyID) -> RequestEvent {
        RequestEvent("key.created", ["created_key": .text("\(id)")])
    }

    /// Returns the event of a revoked key.
    package static func keyRevoked(_ id: APIKeyID) -> RequestEvent {
        RequestEvent("key.revoked", ["revoked_key": .text("\(id)")])
    }

    /// Returns the event of a revoked key whose revocation the database has not stored: only this server refuses it.
    package static func keyRefused(_ id: APIKeyID) -> RequestEvent {
        RequestEvent("key.refused", ["revoked_key": .text("\(id)")])
    }

    /// Returns the event of a file that was downloaded.
    ///
    /// - Parameters:
    ///   - file: the kind and the format of the file, such as `send-logs.csv`
    ///   - rows: the number of its rows; `nil` if it is not known before the file is sent
    ///   - sequence: the sequence number of the send log whose list it has; `nil` for another file
    /// - Returns: the event.
    package static func fileExported(_ file: String, rows: Int?, of sequence: SequenceNumber? = nil) -> RequestEvent {
        var event = RequestEvent("file.exported", ["file": .text(file)])
        if let rows { event.fields.append(Field(name: "rows", value: .number(rows))) }
        if let sequence { event.fields.append(Field(name: "sequence", value: .number(Int(sequence.number)))) }
        return event
    }
}

extension RequestEvent {
    /// Returns the event of a new webhook.
    package static func webhookCreated(_ webhook: Webhook) -> RequestEvent {
        RequestEvent("webhook.created", ["webhook": .text(webhook.id.text)])
    }

    /// Returns the event of a change of a webhook by a user, with what was changed: `activated`, `deactivated`, `resumed`
    /// after a pause, `secret` for a new one, and `definition` for all else.
    package static func webhookChanged(_ webhook: Webhook, from former: Webhook, hasNewSecret: Bool) -> RequestEvent {
        var changes: [String] = []
        let isActive = webhook.definition.isActive
        if former.definition.isActive != isActive { changes.append(isActive ? "activated" : "deactivated") }
        if former.progress.pause != nil, webhook.progress.pause == nil { changes.append("resumed") }
        if hasNewSecret { changes.append("secret") }
        var same = former.definition
        same.isActive = isActive
        if same != webhook.definition { changes.append("definition") }
        let (id, list) = (webhook.id.text, changes.isEmpty ? "none" : changes.joined(separator: ","))
        return RequestEvent("webhook.changed", ["webhook": .text(id), "changes": .text(list)])
    }

    /// Returns the event of a deleted webhook.
    package static func webhookDeleted(_ id: WebhookID) -> RequestEvent {
        RequestEvent("webhook.deleted", ["webhook": .text(id.text)])
    }

    /// Returns the event of a test of a webhook.
    package static func webhookTested(_ id: WebhookID, _ delivery: Delivery) -> RequestEvent {
        RequestEvent("webhook.tested", ["webhook": .text(id.text), "delivery": .text("\(delivery.id)")])
    }

    /// Returns the event of a delivery that a user had attempted again.
    package static func webhookRedelivered(_ id: WebhookID, _ delivery: Delivery) -> RequestEvent {
        RequestEvent("webhook.redelivered", ["webhook": .text(id.text), "delivery": .text("\(delivery.id)")])
    }

    /// Returns the event of past sends that are delivered again, with their number.
    package static func webhookReplayed(_ id: WebhookID, _ kind: ReplayRange.Kind, queued: Int) -> RequestEvent {
        let sends = kind == .failed ? "failed" : "all"
        return RequestEvent(
            "webhook.replayed",
            ["webhook": .text(id.text), "sends": .text(sends), "queued": .number(queued)]
        )
    }

    /// Returns the event of cancelled replays.
    package static func webhookReplaysCancelled(_ id: WebhookID, count: Int) -> RequestEvent {
        RequestEvent("webhook.replaysCancelled", ["webhook": .text(id.text), "cancelled": .number(count)])
    }
}
