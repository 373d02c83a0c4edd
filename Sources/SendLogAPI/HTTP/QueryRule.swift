package import SendLogCore

/// The query parameters that a route knows, and the fields of a body that clients may take for parameters.
///
/// An unknown parameter is refused: if it were ignored, a misspelt filter would return all logs.
package struct QueryRule: Sendable, ExpressibleByArrayLiteral {
    private let known: [String]
    /// The fields of a body.
    private let bodyFields: FieldPaths
    /// The route whose body has the fields, if it is not the same route.
    private let bodyRoute: String?

    /// Creates a rule from the names of the parameters.
    package init(_ known: [String], bodyFields: FieldPaths = [], of bodyRoute: String? = nil) {
        (self.known, self.bodyFields, self.bodyRoute) = (known, bodyFields, bodyRoute)
    }

    /// Creates a rule from the names of the parameters; an empty literal refuses all parameters.
    package init(arrayLiteral known: String...) { self.init(known) }

    /// The number of bytes of a name that are read; all known names are shorter.
    private static let maxNameLength = 256

    /// Checks that all parameters of a query string are known and valid UTF-8, and that none is given twice.
    ///
    /// It stops early, so that it can run on an event loop.
    ///
    /// - Throws: ``InvalidInput`` that names the parameter.
    func check(_ query: Substring?) throws(InvalidInput) {
        guard let query else { return }
        var seen: Set<String> = []
        // Of one parameter more than there are known ones, at least one is unknown or repeated.
        for pair in query.utf8.split(separator: UInt8(ascii: "&"), maxSplits: known.count + 1) {
            let encoded = pair.prefix { $0 != UInt8(ascii: "=") }
            let name = QueryString.decodeOrKeep(Substring(encoded.prefix(Self.maxNameLength)))
            let path = name.isEmpty ? "query" : Naming.path(name)
            guard known.contains(name) else { throw InvalidInput(path: path, unknown(name)) }
            guard seen.insert(name).inserted else { throw InvalidInput(path: path, "must be given only once") }
            guard QueryString.decode(Substring(pair.dropFirst(encoded.count + 1))) != nil else {
                throw InvalidInput(path: path, "must be percent-encoded UTF-8; a % itself is %25")
            }
        }
    }

    /// Returns the error message for an unknown parameter.
    private func unknown(_ name: String) -> String {
        // Some clients write nested fields as `options[limit]`.
        let path = name.replacing("[", with: ".").replacing("]", with: "")
        guard let field = bodyFields.path(meantBy: path, insteadOf: known) else {
            if known.isEmpty { return "is not a known parameter; this route has no parameters" }
            return Naming.unknown(name, known: known, kind: "parameter")
        }
        return "is not a known parameter; it belongs in the body\(bodyRoute.map { " of \($0)" } ?? ""), as \(field)"
    }
}
