/// The organisations that a statement reads.
enum OrganisationScope: Equatable, Sendable {
    /// All organisations: on Citus the statement goes to all nodes, and fails if one of them is down.
    case all
    /// Some organisations: on Citus all are on one node.
    case some([Int64])

    /// Returns an SQL condition for the organisations.
    ///
    /// Every table of a statement needs it: Citus sends the statement to a node if one of its tables does.
    ///
    /// - Parameters:
    ///   - columns: the columns that have the organisation, one for each table
    ///   - parameter: the number of the parameter that ``add(to:)`` adds
    /// - Returns: the condition; `true` for all organisations.
    func condition(_ columns: String..., parameter: Int) -> String {
        if self == .all { return "true" }
        return columns.map { "\($0) = ANY($\(parameter))" }.joined(separator: " AND ")
    }

    /// Adds the parameter of the condition, which is the last one of its statement.
    func add(to parameters: inout Parameters) {
        if case .some(let organisations) = self { parameters.add(organisations) }
    }
}
