import SendLogCore

/// Builds the header fields of webhook requests.
enum WebhookHeaders {
    /// Returns all header fields of an attempt except `Content-Length`, in order; the webhook's secrets sign the request.
    static func fields(
        of request: WebhookRequest,
        for id: DeliveryID,
        of send: WebhookSend,
        _ webhook: Webhook,
        at now: Timestamp
    ) -> [(name: String, value: String)] {
        let messageID = messageID(of: id, send, webhook)
        let seconds = now.milliseconds / 1000
        let signature = WebhookSignature.header(
            id: messageID,
            timestamp: seconds,
            body: request.body,
            secrets: webhook.secrets,
            at: now
        )
        var fields = [("Host", request.hostField)] + request.headers
        fields.append(("User-Agent", "sendlog/\(ServiceVersion.current)"))
        if !request.body.isEmpty { fields.append(("Content-Type", "application/json")) }
        fields.append(("Idempotency-Key", messageID))
        fields.append(("webhook-id", messageID))
        fields.append(("webhook-timestamp", "\(seconds)"))
        fields.append(("webhook-signature", signature))
        return fields
    }

    /// Returns the message ID, which all attempts of a delivery share.
    ///
    /// It contains the ID of the send: after a restore, another send may get the same sequence number.
    private static func messageID(of id: DeliveryID, _ send: WebhookSend, _ webhook: Webhook) -> String {
        let test = id.test.map { "_t\($0)" } ?? ""
        return "msg_\(webhook.id.text)_\(send.id?.text ?? "")\(test)"
    }
}
