/// The paths of the fields of a body, such as `find.campaign_id`.
///
/// By them an error for a field in the wrong place names the right one.
package struct FieldPaths: Sendable, ExpressibleByArrayLiteral {
    private let paths: [String]

    /// Creates a list of paths.
    package init(_ paths: [String]) { self.paths = paths }

    /// Creates a list of paths.
    package init(arrayLiteral paths: String...) { self.init(paths) }

    /// Returns the path that an unknown name means, with or without the object around it; `nil` if there is none.
    ///
    /// - Parameters:
    ///   - name: the unknown name
    ///   - known: the names that are known where the name was given; a typing error of one of these means no path
    /// - Returns: the path.
    package func path(meantBy name: String, insteadOf known: [String]) -> String? {
        if let path = path(named: name) { return path }
        guard NearestName.to(name, among: known) == nil else { return nil }
        let names = Set(paths + paths.map(Self.lastPart)).sorted()
        return NearestName.to(name, among: names).flatMap(path)
    }

    private func path(named name: String) -> String? {
        if paths.contains(where: { $0.hasPrefix("\(name).") }) { return name }
        return paths.first { "\(name).".hasPrefix("\($0).") || "\(name).".hasPrefix("\(Self.lastPart(of: $0)).") }
    }

    /// Returns the name of a field without the object around it.
    private static func lastPart(of path: String) -> String {
        String(path.utf8.split(separator: UInt8(ascii: ".")).last ?? path.utf8[...]) ?? path
    }
}
