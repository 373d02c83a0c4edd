import SendLogCore

/// The query parameters that a route knows, and the fields of a body that clients may take for parameters.
///
/// An unknown parameter is refused: if it were ignored, a misspelt filter would return all logs.
package struct QueryRule: Sendable, ExpressibleByArrayLiteral {
    private let known: [String]
    /// The paths of fields of a body, such as `find.campaign_id`.
    private let bodyFields: [String]
    /// The route whose body has the fields, if it is not the same route.
    private let bodyRoute: String?

    /// Creates a rule from the names of the parameters.
    package init(_ known: [String], bodyFields: [String] = [], of bodyRoute: String? = nil) {
        (self.known, self.bodyFields, self.bodyRoute) = (known, bodyFields, bodyRoute)
    }

    package init(arrayLiteral known: String...) { self.init(known) }

    /// The number of bytes of a name that are read; all known names are shorter.
    private static let maxNameLength = 256

    /// Checks that all parameters of a query string are known and that none is given twice.
    ///
    /// It decodes no values, and stops early, so that it can run on an event loop.
    ///
    /// - Throws: ``InvalidInput`` that names the parameter.
    func check(_ query: Substring?) throws(InvalidInput) {
        guard let query else { return }
        var seen: Set<String> = []
        // Of one parameter more than there are known ones, at least one is unknown or repeated.
        for pair in query.utf8.split(separator: UInt8(ascii: "&"), maxSplits: known.count + 1) {
            let encoded = pair.prefix { $0 != UInt8(ascii: "=") }.prefix(Self.maxNameLength)
            let name = QueryString.decode(Substring(encoded))
            let path = name.isEmpty ? "query" : Naming.path(name)
            guard known.contains(name) else { throw InvalidInput(path: path, unknown(name)) }
            guard seen.insert(name).inserted else { throw InvalidInput(path: path, "must be given only once") }
        }
    }

    /// Returns the error message for an unknown parameter.
    private func unknown(_ name: String) -> String {
        // Some clients write nested fields as `options[limit]`.
        let path = name.replacing("[", with: ".").replacing("]", with: "")
        let isMisspelt = NearestName.to(path, among: known) != nil
        let names = Set(bodyFields + bodyFields.map(Self.lastPart)).sorted()
        let nearest = isMisspelt ? nil : NearestName.to(path, among: names)
        guard let field = bodyField(path) ?? nearest.flatMap(bodyField) else {
            return Naming.unknown(name, known: known, kind: "parameter")
        }
        return "is not a known parameter; it belongs in the body\(bodyRoute.map { " of \($0)" } ?? ""), as \(field)"
    }

    /// Returns the field of a body that a path names, with or without the object around it; `nil` if there is none.
    private func bodyField(_ path: String) -> String? {
        if bodyFields.contains(where: { $0.hasPrefix("\(path).") }) { return path }
        return bodyFields.first { "\(path).".hasPrefix("\($0).") || "\(path).".hasPrefix("\(Self.lastPart(of: $0)).") }
    }

    /// Returns the name of a field without the object around it.
    private static func lastPart(of field: String) -> String {
        String(field.utf8.split(separator: UInt8(ascii: ".")).last ?? field.utf8[...]) ?? field
    }
}
