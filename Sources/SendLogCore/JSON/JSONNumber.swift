/// A number as written in the text, which may exceed every machine type.
public struct JSONNumber: Equatable, Sendable {
    /// The text of the number, at most 400 characters.
    public let text: String

    /// The number as an integer, such as `1000`, `1e3` or `1000.0`; `nil` if it is not whole, or beyond ±2⁵³, where
    /// numbers stop being exact in most clients (<https://www.rfc-editor.org/rfc/rfc8259#section-6>).
    public var integer: Int? {
        // Works on the digits: a Double would round numbers close to a whole number, and Int.min has no magnitude.
        var digits: [UInt8] = []
        var scale = 0
        var (isNegative, isFraction) = (false, false)
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "-"): isNegative = true
            case UInt8(ascii: "."): isFraction = true
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                digits.append(byte - UInt8(ascii: "0"))
                if isFraction { scale -= 1 }
            default:
                // An exponent too large for an Int is clamped: no text has that many digits.
                let exponent = String(rest) ?? ""
                let value = Int(exponent) ?? (exponent.hasPrefix("-") ? .min : .max)
                scale += min(max(value, -1_000_000), 1_000_000)
                rest = rest.suffix(0)
            }
        }
        while digits.last == 0 {
            digits.removeLast()
            scale += 1
        }
        let significant = digits.drop { $0 == 0 }
        if significant.isEmpty { return 0 }
        guard scale >= 0, significant.count + min(scale, 20) <= 16 else { return nil }
        let whole = (significant + [UInt8](repeating: 0, count: scale)).reduce(0) { $0 * 10 + Int($1) }
        guard whole <= 1 << 53 else { return nil }
        return isNegative ? -whole : whole
    }
}
