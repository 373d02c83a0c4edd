/// Formatting of names that people typed, for error messages.
package enum Naming {
    /// Returns a name truncated to 40 characters.
    static func truncated(_ name: String) -> String {
        let scalars = name.unicodeScalars
        return scalars.count > 40 ? "\(String(String.UnicodeScalarView(scalars.prefix(40))))…" : name
    }

    /// Returns a name in quotes, truncated to 40 characters.
    package static func quoted(_ name: String) -> String { "\"\(truncated(name))\"" }

    /// Returns the error message for an unknown field.
    package static func unknown(_ name: String, known: [String]) -> String {
        if let nearest = NearestName.to(name, among: known) {
            return "is not a known field; did you mean \(quoted(nearest))?"
        }
        return "is not a known field; the known fields are \(known.map(quoted).joined(separator: ", "))"
    }
}
