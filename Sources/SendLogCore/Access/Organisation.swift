/// A tenant, which owns send logs, campaigns, webhooks and keys.
public struct Organisation: Equatable, Sendable {
    /// The ID within the store.
    public let id: OrganisationID
    /// The name, unique among organisations.
    public let name: OrganisationName
    /// The time of creation.
    public let created: Timestamp
    /// The end of the order of recording.
    public let head: LogHead
    /// The number of destinations of all send logs.
    public let destinations: Int
    /// The calling code of numbers with one leading 0, for searches by recipient; `nil` if it is not set.
    public let callingCode: CallingCode?

    /// Creates an organisation from its parts.
    public init(
        id: OrganisationID,
        name: OrganisationName,
        created: Timestamp,
        head: LogHead,
        destinations: Int,
        callingCode: CallingCode? = nil
    ) {
        (self.id, self.name, self.created) = (id, name, created)
        (self.head, self.destinations, self.callingCode) = (head, destinations, callingCode)
    }

    /// Creates an organisation from its entry in the directory, the end of its order of recording, and the number of
    /// its destinations.
    public init(_ entry: DirectoryEntry, head: LogHead, destinations: Int) {
        self.init(
            id: entry.id,
            name: entry.name,
            created: entry.created,
            head: head,
            destinations: destinations,
            callingCode: entry.callingCode
        )
    }

    /// The organisation's entry in the directory.
    public var entry: DirectoryEntry {
        DirectoryEntry(id: id, name: name, created: created, callingCode: callingCode)
    }

    /// The number of send logs.
    public var sends: Int { head.count }
}

/// The store's number of an organisation, which no response shows; the session cookie of the console has it.
public struct OrganisationID: Hashable, Sendable {
    /// The number, from 1.
    public let number: Int64

    /// Creates an ID from its number.
    public init(_ number: Int64) {
        self.number = number
    }
}

/// The name of an organisation: 1 to 100 characters, without control characters or leading or trailing white space.
public struct OrganisationName: Hashable, Sendable, CustomStringConvertible {
    /// The name.
    public let description: String

    /// The error message for an invalid name.
    public static let rule = "must be 1 to 100 characters long, without control characters or white space at its ends"

    /// Creates a name; `nil` if the text breaks ``rule``.
    public init?(_ text: String) {
        guard text.isName(maxLength: 100) else { return nil }
        description = text
    }
}
