import SendLogCore

/// Parses the `Retry-After` header field (<https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3>).
enum RetryAfter {
    /// Returns the seconds from now on, for a number of seconds or a date such as `Wed, 21 Oct 2026 07:28:00 GMT`.
    ///
    /// - Returns: `nil` if the text is neither.
    static func seconds(_ text: String, at now: Timestamp) -> Int? {
        if !text.isEmpty, text.utf8.allSatisfy(\.isASCIIDigit) { return Int(text) ?? .max }
        let parts = text.split(separator: " ")
        guard parts.count == 6, parts[5] == "GMT", let month = CivilDate.monthNames.firstIndex(of: String(parts[2]))
        else { return nil }
        let date = "\(parts[3])-\((month + 1).decimal(digits: 2))-\(parts[1])T\(parts[4])Z"
        return Timestamp(rfc3339: date).map { max(0, Int(($0.milliseconds - now.milliseconds + 999) / 1000)) }
    }
}
