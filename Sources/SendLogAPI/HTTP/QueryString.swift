import Foundation
package import SendLogCore

/// The parameters of a query string, or of a form body, which has the same format
/// (<https://url.spec.whatwg.org/#urlencoded-parsing>).
package struct QueryString: Sendable {
    /// The decoded names and values, in their original order.
    package let pairs: [(name: String, value: String)]

    /// Parses a query string without its question mark; `nil` has no parameters.
    package init(_ text: Substring?) {
        pairs = (text ?? "").split(separator: "&").map { pair in
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return (Self.decodeOrKeep(parts[0]), parts.count > 1 ? Self.decodeOrKeep(parts[1]) : "")
        }
    }

    /// The last value of a parameter; `nil` if it is not given.
    package subscript(name: String) -> String? { pairs.last { $0.name == name }?.value }

    /// Returns all values of a parameter.
    package func all(_ name: String) -> [String] { pairs.filter { $0.name == name }.map(\.value) }

    /// Parses a whole number within a range.
    ///
    /// - Returns: the number; `nil` if the parameter is not given.
    /// - Throws: ``InvalidInput`` that names the parameter.
    package func number(_ name: String, in range: ClosedRange<Int>) throws(InvalidInput) -> Int? {
        guard let text = self[name] else { return nil }
        let isPlain = text.utf8.allSatisfy(\.isASCIIDigit)
        guard isPlain, let number = Int(text), range.contains(number) else {
            let rule = "must be a whole number from \(range.lowerBound) to \(range.upperBound)"
            throw InvalidInput(path: name, "\(rule); it is \(Naming.quoted(text))")
        }
        return number
    }

    /// Percent-encodes a text for a query string or a path.
    package static func encode(_ text: String) -> String {
        var bytes: [UInt8] = []
        // A colon is allowed in a query and in a path, and is easier to read.
        bytes.appendPercentEncoded(text.utf8) { $0.isUnreserved || $0 == UInt8(ascii: ":") }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Decodes a name or a value; returns `nil` for text that is not percent-encoded UTF-8.
    static func decode(_ text: Substring) -> String? {
        guard text.utf8.contains(where: { $0 == UInt8(ascii: "%") || $0 == UInt8(ascii: "+") }) else {
            return String(text)
        }
        return String(text.replacing("+", with: " ")).removingPercentEncoding
    }

    /// Decodes a name or a value, and keeps text that is not percent-encoded UTF-8 as it is.
    static func decodeOrKeep(_ text: Substring) -> String { decode(text) ?? String(text) }
}
