import SendLogContent
import SendLogCore

/// Parses the format of destinations from the query string of a request.
extension DestinationFormat {
    private static let name = "group_destinations"

    /// Parses the parameter `group_destinations` of a query string.
    ///
    /// - Throws: ``InvalidInput`` for an unknown value.
    init(query: Substring?) throws(InvalidInput) {
        self = .count
        var isGiven = false
        for pair in (query ?? "").split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts[0] == Self.name else {
                // Ignore unknown parameters, but not a misspelt name: it would silently select the other format.
                if NearestName.to(String(parts[0]), among: [Self.name]) == nil { continue }
                let path = String(parts[0].prefix(64))
                throw InvalidInput(path: path, "is not a known parameter; did you mean \"\(Self.name)\"?")
            }
            if isGiven { throw InvalidInput(path: Self.name, "must be given only once") }
            guard parts.count == 2, let form = DestinationFormat(rawValue: String(parts[1])) else {
                throw InvalidInput(path: Self.name, "must be count or list")
            }
            self = form
            isGiven = true
        }
    }
}
