/// Writes and parses the JSON of webhooks in the store: definitions here, and secrets below.
extension WebhookDefinition {
    /// The stored format of the definition.
    public var stored: String {
        var bytes = Array("{".utf8)
        writeMembers(to: &bytes)
        bytes.append("}")
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Parses a stored definition.
    ///
    /// - Throws: ``StoreError/corrupted(detail:)``.
    public init(stored text: String) throws(StoreError) {
        let value = Array(text.utf8).withUnsafeBufferPointer { try? JSONValue(utf8: $0) }
        do throws(InvalidInput) {
            self = try WebhookInput(stored: value ?? .scalar(.null)).definition
        } catch {
            throw .corrupted(detail: "the definition of a webhook is malformed: \(error.message)")
        }
    }
}

extension WebhookSecret {
    /// Returns the stored format of secrets.
    public static func stored(_ secrets: [WebhookSecret]) -> String {
        var bytes = Array("[".utf8)
        for (index, secret) in secrets.enumerated() {
            bytes.append(index > 0 ? ",[" : "[")
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

    /// Parses stored secrets.
    ///
    /// - Throws: ``StoreError/corrupted(detail:)``.
    public static func read(stored text: String) throws(StoreError) -> [WebhookSecret] {
        let value = Array(text.utf8).withUnsafeBufferPointer { try? JSONValue(utf8: $0) }
        guard case .array(let values)? = value else {
            throw .corrupted(detail: "the secrets of a webhook are malformed")
        }
        var secrets: [WebhookSecret] = []
        for value in values {
            guard case .array(let parts) = value, case .string(let text)? = parts.first, parts.count > 1,
                let created = parts[1].moment
            else { throw .corrupted(detail: "the secrets of a webhook are malformed") }
            let expires = parts.count > 2 ? parts[2].moment : nil
            secrets.append(WebhookSecret(text: text, created: created, expires: expires))
        }
        return secrets
    }
}

extension JSONValue {
    /// The value as a timestamp in milliseconds since 1970.
    fileprivate var moment: Timestamp? {
        guard case .scalar(.number(let number)) = self else { return nil }
        return number.integer.flatMap { Timestamp(milliseconds: Int64($0)) }
    }
}
