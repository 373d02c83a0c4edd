/// The properties of a key to be created.
public struct NewAPIKey: Equatable, Sendable {
    /// The name; may be empty.
    public let name: String
    /// The permissions that the key grants, at least one.
    public let permissions: [Permission]
    /// The time at which the key expires; `nil` for never.
    public let expires: Timestamp?

    /// The error message for an invalid name.
    public static let nameRule = "must be at most 100 characters long, without control characters"

    /// Returns whether a key may have a name.
    public static func accepts(name: String) -> Bool {
        name.unicodeScalars.count <= 100
            && !name.unicodeScalars.contains { $0.properties.generalCategory == .control }
    }

    /// Creates the properties of a new key.
    public init(name: String, permissions: [Permission], expires: Timestamp?) {
        (self.name, self.permissions, self.expires) = (name, permissions, expires)
    }
}
