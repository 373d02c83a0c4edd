import SendLogCore

/// Parses the format of destinations from the query string of a request.
extension DestinationFormat {
    /// The name of the query parameter.
    static let parameter = "group_destinations"

    /// Parses the parameter `group_destinations` of a query string.
    ///
    /// - Throws: ``InvalidInput`` for an unknown value.
    init(query: Substring?) throws(InvalidInput) {
        guard let query, let text = QueryString(query)[Self.parameter] else {
            self = .count
            return
        }
        guard let format = DestinationFormat(rawValue: text) else {
            throw InvalidInput(path: Self.parameter, "must be count or list")
        }
        self = format
    }
}
