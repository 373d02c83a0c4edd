/// A tenant: whose send logs, campaigns and keys they are.
public struct Organisation: Equatable, Sendable {
    /// What the store knows it by.
    public let id: OrganisationID
    /// What people know it by, unique.
    public let name: OrganisationName
    /// When it was added.
    public let created: Timestamp
    /// How many send logs it has recorded.
    public let sends: Int
    /// How many destinations those have in all.
    public let destinations: Int

    /// Makes an organisation of its parts.
    public init(id: OrganisationID, name: OrganisationName, created: Timestamp, sends: Int, destinations: Int) {
        self.id = id
        self.name = name
        self.created = created
        self.sends = sends
        self.destinations = destinations
    }
}

/// The number by which the store knows an organisation; it never leaves the service.
public struct OrganisationID: Hashable, Sendable {
    /// The number, from 1.
    public let number: Int64

    /// Takes a number.
    public init(_ number: Int64) {
        self.number = number
    }
}

/// The name of an organisation: 1 to 100 characters, without control characters and outer white space.
public struct OrganisationName: Hashable, Sendable, CustomStringConvertible {
    /// The name.
    public let description: String

    /// What a person is told whose name is refused.
    public static let rule = "must be 1 to 100 characters long, without control characters or white space at its ends"

    /// Takes a name.
    ///
    /// - Returns: `nil` where it breaks ``rule``.
    public init?(_ text: String) {
        guard text.isName(ofAtMost: 100) else { return nil }
        description = text
    }
}
