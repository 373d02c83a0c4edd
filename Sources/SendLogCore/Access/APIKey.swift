/// A key of an organisation, as the store knows it: everything but the key itself.
public struct APIKey: Equatable, Sendable {
    /// What the key is called in lists and when it is revoked.
    public let id: APIKeyID
    /// Whose logs it opens.
    public let organisation: OrganisationID
    /// What people call it; may be empty.
    public let name: String
    /// What it allows.
    public let permissions: [Permission]
    /// When it was made.
    public let created: Timestamp
    /// The moment from which on it is refused.
    public let expires: Timestamp?
    /// When it was revoked.
    public let revoked: Timestamp?
    /// When it was last used, give or take a minute.
    public let lastUsed: Timestamp?

    /// Makes a key of its parts.
    public init(
        id: APIKeyID,
        organisation: OrganisationID,
        name: String,
        permissions: [Permission],
        created: Timestamp,
        expires: Timestamp?,
        revoked: Timestamp?,
        lastUsed: Timestamp?
    ) {
        self.id = id
        self.organisation = organisation
        self.name = name
        self.permissions = permissions
        self.created = created
        self.expires = expires
        self.revoked = revoked
        self.lastUsed = lastUsed
    }

    /// Makes a key that nobody has used or revoked yet.
    ///
    /// - Parameters:
    ///   - new: what is said of it
    ///   - id: what it is called
    ///   - organisation: whose logs it opens
    ///   - created: when it was made
    public init(_ new: NewAPIKey, id: APIKeyID, of organisation: OrganisationID, created: Timestamp) {
        self.init(
            id: id,
            organisation: organisation,
            name: new.name,
            permissions: new.permissions,
            created: created,
            expires: new.expires,
            revoked: nil,
            lastUsed: nil
        )
    }

    /// Whether the key opens anything at this moment.
    public func isValid(at now: Timestamp) -> Bool {
        revoked == nil && expires.map { now < $0 } ?? true
    }
}

/// The id of a key: a number, written `key_17` for people.
public struct APIKeyID: Hashable, Sendable, CustomStringConvertible {
    /// The number, from 1.
    public let number: Int64

    /// Takes a number.
    public init(_ number: Int64) {
        self.number = number
    }

    /// Reads `key_17`, or the number alone.
    ///
    /// - Returns: `nil` for anything else.
    public init?(_ text: String) {
        let digits = text.hasPrefix("key_") ? String(text.dropFirst(4)) : text
        guard !digits.hasPrefix("+"), let number = Int64(digits), number > 0 else { return nil }
        self.number = number
    }

    /// The id as people write it.
    public var description: String { "key_\(number)" }
}

/// What is said of a key when it is made.
public struct NewAPIKey: Equatable, Sendable {
    /// What people call it; may be empty.
    public let name: String
    /// What it allows, at least one.
    public let permissions: [Permission]
    /// The moment from which on it is refused; `nil` for never.
    public let expires: Timestamp?

    /// What a person is told whose name for a key is refused.
    public static let nameRule = "must be at most 100 characters long, without control characters"

    /// Whether a key may be called so.
    public static func accepts(name: String) -> Bool {
        name.unicodeScalars.count <= 100
            && !name.unicodeScalars.contains { $0.properties.generalCategory == .control }
    }

    /// Describes a key that is to be made.
    public init(name: String, permissions: [Permission], expires: Timestamp?) {
        self.name = name
        self.permissions = permissions
        self.expires = expires
    }
}
