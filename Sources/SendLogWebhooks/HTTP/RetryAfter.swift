import SendLogCore

/// Parses the `Retry-After` header field (<https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3>).
enum RetryAfter {
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    /// Returns the seconds from now on, for a number of seconds or a date such as `Wed, 21 Oct 2026 07:28:00 GMT`.
    ///
    /// - Returns: `nil` if the text is neither.
    static func seconds(_ text: String, at now: Timestamp) -> Int? {
        if !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) { return Int(text) ?? .max }
        let parts = text.split(separator: " ")
        guard parts.count == 6, parts[5] == "GMT", let month = months.firstIndex(of: String(parts[2])) else {
            return nil
        }
        let date = "\(parts[3])-\(month < 9 ? "0" : "")\(month + 1)-\(parts[1])T\(parts[4])Z"
        return Timestamp(rfc3339: date).map { max(0, Int(($0.milliseconds - now.milliseconds + 999) / 1000)) }
    }
}
