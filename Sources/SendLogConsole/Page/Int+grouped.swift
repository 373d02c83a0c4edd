/// Shows numbers to readers of the console.
extension Int {
    /// The number with narrow no-break spaces between thousands.
    var grouped: String {
        let digits = String(magnitude)
        var text = ""
        for (offset, digit) in digits.enumerated() {
            if offset > 0, (digits.count - offset) % 3 == 0 { text.append("\u{202f}") }
            text.append(digit)
        }
        return self < 0 ? "−\(text)" : text
    }

    /// Returns the number with a noun, in the plural unless it is 1.
    func counted(_ noun: String) -> String { "\(grouped) \(noun)\(self == 1 ? "" : "s")" }
}
