import SendLogCore

/// The changes of all derived data that one transaction makes.
struct DerivedChanges {
    /// All kinds of derived data; a new kind is added here, and nowhere else.
    static let kinds: [any DerivedData.Type] = [Counters.self, RecipientIndexData.self]

    private var changes: [any DerivedData] = kinds.map { $0.init() }

    /// Collects the change that the deletion of a log makes.
    mutating func add(_ change: LogChange<String>) {
        for index in changes.indices { changes[index].add(change) }
    }

    /// Writes the collected changes.
    func write(of organisation: OrganisationID, on connection: Connection) throws {
        for change in changes { try change.write(of: organisation, on: connection) }
    }
}
