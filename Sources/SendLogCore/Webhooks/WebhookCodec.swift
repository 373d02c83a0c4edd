// What stores keep of webhooks as JSON.

extension WebhookDefinition {
    /// The definition as stores keep it.
    public var stored: String {
        var bytes: [UInt8] = []
        bytes.append("{")
        writeMembers(to: &bytes)
        bytes.append("}")
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Understands a definition that a store kept.
    ///
    /// - Throws: ``StoreError/damaged(detail:)``.
    public init(stored text: String) throws(StoreError) {
        let value = Array(text.utf8).withUnsafeBufferPointer { try? JSONValue(utf8: $0) }
        do throws(InvalidInput) {
            self = try WebhookInput(stored: value ?? .scalar(.null)).definition
        } catch {
            throw .damaged(detail: "a webhook's definition: \(error.message)")
        }
    }
}

extension WebhookSecret {
    /// Secrets as stores keep them.
    public static func stored(_ secrets: [WebhookSecret]) -> String {
        var bytes: [UInt8] = []
        bytes.append("[")
        for (place, secret) in secrets.enumerated() {
            bytes.append(place > 0 ? ",[" : "[")
            bytes.appendJSON(secret.text)
            bytes.append(",")
            bytes.appendDecimal(secret.created.milliseconds)
            if let end = secret.expires {
                bytes.append(",")
                bytes.appendDecimal(end.milliseconds)
            }
            bytes.append("]")
        }
        bytes.append("]")
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Understands secrets that a store kept.
    ///
    /// - Throws: ``StoreError/damaged(detail:)``.
    public static func read(stored text: String) throws(StoreError) -> [WebhookSecret] {
        let value = Array(text.utf8).withUnsafeBufferPointer { try? JSONValue(utf8: $0) }
        guard case .array(let values)? = value else { throw .damaged(detail: "a webhook's secrets") }
        var secrets: [WebhookSecret] = []
        for value in values {
            guard case .array(let parts) = value, case .string(let text)? = parts.first, parts.count > 1,
                let created = parts[1].moment
            else { throw .damaged(detail: "a webhook's secrets") }
            secrets.append(
                WebhookSecret(text: text, created: created, expires: parts.count > 2 ? parts[2].moment : nil)
            )
        }
        return secrets
    }
}

extension JSONValue {
    /// A moment that is written as milliseconds since 1970.
    fileprivate var moment: Timestamp? {
        guard case .scalar(.number(let number)) = self else { return nil }
        return number.integer.flatMap { Timestamp(milliseconds: Int64($0)) }
    }
}
