import Foundation

/// Generates the secrets with which webhook requests are signed.
extension String {
    /// A new secret of a webhook: `whsec_` and 32 random bytes in Base64.
    static var randomWebhookSecret: String {
        var generator = SystemRandomNumberGenerator()
        let bytes = (0..<32).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
        return "whsec_\(Data(bytes).base64EncodedString())"
    }
}
