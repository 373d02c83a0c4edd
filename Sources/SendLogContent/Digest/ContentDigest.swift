import SendLogCore
import SendLogHash

/// The digest of the whole content of a send log.
///
/// It distinguishes a repeated send log from a conflicting one without reading the stored list, and proves later that
/// the content was not changed.
public enum ContentDigest {
    /// Computes the digest of the record's bytes followed by the list's digest.
    ///
    /// - Parameters:
    ///   - record: see ``PreparedSendLog/record``
    ///   - list: see ``DestinationList/digest``
    /// - Returns: SHA-256, 32 bytes.
    public static func of(record: [UInt8], list: [UInt8]) -> [UInt8] {
        var hash = SHA256()
        hash.add(record)
        hash.add(list)
        return hash.value
    }
}

/// The digest of a list of destinations, computed chunk by chunk.
public struct ListDigest {
    private var hash = SHA256()

    /// Creates the digest of an empty list.
    public init() {}

    /// Adds the next part of the content of the list's JSON array, without the brackets.
    public mutating func add(_ text: [UInt8]) { hash.add(text) }

    /// Returns the SHA-256 of all parts, 32 bytes.
    public func value() -> [UInt8] { hash.value }
}
