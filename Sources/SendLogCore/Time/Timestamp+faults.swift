/// Explains why a text is not a date-time, for error messages.
extension Timestamp {
    /// The error message for an invalid date-time of no particular kind.
    public static let rule =
        "must be an RFC 3339 date-time such as 2022-01-31T23:59:59.999Z or 2022-02-01T01:59:59+02:00, or a date such as 2022-01-31"

    /// The Python expression that gives the current time with its offset.
    private static let python = "datetime.now(timezone.utc).isoformat()"
    private static let zone = "Z or an offset such as +02:00 at its end"

    /// Returns the error message for a text that ``init(rfc3339:)`` refuses.
    public static func fault(of text: String) -> String { hint(for: text) ?? rule }

    /// Returns the error message for a text that would be a date-time but for a common mistake; otherwise `nil`.
    ///
    /// Apart from Unix times and the order of a date's parts, a mistake is certain: the corrected text is valid.
    public static func hint(for text: String) -> String? {
        // A date-time is short; the limit bounds the work that a hostile text can cause.
        guard text.utf8.count <= 64 else { return nil }
        if isValid(text + "Z") { return "must have \(zone), which is missing; in Python: \(python)" }
        let joined = text.replacing(" ", with: "T", maxReplacements: 1)
        if isValid(joined) { return "must have a T in place of the space between date and time" }
        if isValid(joined + "Z") {
            return "must have a T in place of the space between date and time, and \(zone); in Python: \(python)"
        }
        if joined.hasSuffix("Z"), isValid(String(joined.dropLast())) {
            return "must have either Z or an offset at its end, not both"
        }
        if isValid("\(joined.dropLast(2)):\(joined.suffix(2))") || isValid(joined + ":00") {
            return "must have a colon and minutes in its offset, such as +02:00"
        }
        let minutes = joined.index(joined.startIndex, offsetBy: 16, limitedBy: joined.endIndex) ?? joined.endIndex
        let withSeconds = "\(joined[..<minutes]):00\(joined[minutes...])"
        if isValid(withSeconds) || isValid(withSeconds + "Z") {
            return "must have seconds, and \(zone): 2022-01-31T23:59:00Z"
        }
        if isUnixTime(text) { return "must be a date-time such as 2022-01-31T23:59:59.999Z, not a Unix time" }
        return calendarHint(for: joined)
    }

    private static func calendarHint(for text: String) -> String? {
        let date = text.prefix { "-/.".contains($0) || $0.isASCII && $0.isNumber }
        let parts = date.split(omittingEmptySubsequences: false) { "-/.".contains($0) }
        guard parts.count == 3, parts.allSatisfy({ (1...4).contains($0.utf8.count) }) else { return nil }
        guard parts.map(\.utf8.count) == [4, 2, 2], !date.contains(where: "/.".contains) else {
            return "must have a date such as 2022-01-31, with year, month and day in this order, and hyphens"
        }
        // A time that exists on every day, in the same notation.
        let time = text.dropFirst(10)
        guard isValidTime(String(time.map { ("0"..."9").contains($0) ? "0" : $0 })) else { return nil }
        if !isValid(String(date)) { return "has a date that does not exist" }
        if !isValidTime(time) { return "has a time or an offset that does not exist" }
        return "is not within the years 0000 to 9999 in UTC"
    }

    /// Whether the part of a date-time after the date is valid on a day in 2000, with or without an offset.
    private static func isValidTime(_ time: some StringProtocol) -> Bool {
        isValid("2000-06-15\(time)") || isValid("2000-06-15\(time)Z")
    }

    private static func isValid(_ text: String) -> Bool { Timestamp(rfc3339: text) != nil }

    /// Whether a text is a number of seconds, milliseconds or smaller units since 1970, with or without a fraction.
    private static func isUnixTime(_ text: String) -> Bool {
        let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        return (9...19).contains(parts[0].utf8.count) && parts.allSatisfy { $0.utf8.allSatisfy(\.isASCIIDigit) }
    }
}
