import Foundation
import SendLogCore
import SendLogHash

/// Signs requests according to Standard Webhooks
/// (<https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md>).
enum WebhookSignature {
    /// Returns the signatures of a request, one for each secret that has not expired, separated by spaces.
    static func header(
        id: String,
        timestamp: Int64,
        body: [UInt8],
        secrets: [WebhookSecret],
        at now: Timestamp
    ) -> String {
        let content = Array("\(id).\(timestamp).".utf8) + body
        return secrets.filter { secret in secret.expires.map { now < $0 } ?? true }
            .compactMap { secret in
                Data(base64Encoded: String(secret.text.dropFirst(6))).map { key in
                    let code = SHA256.authenticationCode(of: content, key: Array(key))
                    return "v1,\(Data(code).base64EncodedString())"
                }
            }
            .joined(separator: " ")
    }
}
