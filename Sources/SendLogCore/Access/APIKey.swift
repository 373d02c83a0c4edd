/// An API key as the store keeps it: everything but the key's text.
public struct APIKey: Equatable, Sendable {
    /// The ID that identifies the key in lists, and for revoking it.
    public let id: APIKeyID
    /// The organisation whose data the key gives access to.
    public let organisation: OrganisationID
    /// The name; may be empty.
    public let name: String
    /// The permissions that the key grants.
    public let permissions: [Permission]
    /// The time of creation.
    public let created: Timestamp
    /// The time at which the key expires; `nil` for never.
    public let expires: Timestamp?
    /// The time at which the key was revoked; `nil` if it was not.
    public let revoked: Timestamp?
    /// The time of the last use, accurate to a minute; `nil` if the key was never used.
    public let lastUsed: Timestamp?

    /// Creates a key from its parts.
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

    /// Returns the key as it is after its revocation; a time of an earlier revocation stays.
    public func revoked(at now: Timestamp) -> APIKey {
        APIKey(
            id: id,
            organisation: organisation,
            name: name,
            permissions: permissions,
            created: created,
            expires: expires,
            revoked: revoked ?? now,
            lastUsed: lastUsed
        )
    }

    /// Creates a new key, not used or revoked yet.
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

    /// Returns whether the key is neither revoked nor expired at a time.
    public func isValid(at now: Timestamp) -> Bool {
        revoked == nil && expires.map { now < $0 } ?? true
    }
}
