/// An organisation in the directory: what is known of it without its send logs.
///
/// On Citus every node has the directory, so that an organisation is found by its name while its node is down.
public struct DirectoryEntry: Equatable, Sendable {
    /// The ID within the store.
    public let id: OrganisationID
    /// The name, unique among organisations.
    public let name: OrganisationName
    /// The time of creation.
    public let created: Timestamp
    /// The calling code of numbers with one leading 0, for searches by recipient; `nil` if it is not set.
    public let callingCode: CallingCode?

    /// Creates an entry from its parts.
    public init(id: OrganisationID, name: OrganisationName, created: Timestamp, callingCode: CallingCode?) {
        (self.id, self.name, self.created, self.callingCode) = (id, name, created, callingCode)
    }
}
