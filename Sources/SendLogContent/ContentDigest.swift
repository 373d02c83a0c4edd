import SendLogCore
import SendLogHash

/// The digest over the whole content of a send log.
///
/// It tells a repeated send from a conflicting one without reading the list back, and proves later that nothing was changed.
public enum ContentDigest {
    /// The digest over the record's bytes followed by the list's digest.
    ///
    /// - Parameters:
    ///   - record: see ``NewSendLog/record``
    ///   - list: see ``DestinationList/digest``
    /// - Returns: SHA-256, 32 bytes.
    public static func of(record: [UInt8], list: [UInt8]) -> [UInt8] {
        var hash = SHA256()
        hash.add(record)
        hash.add(list)
        return hash.value
    }
}

/// The digest over a list of destinations, piece by piece.
public struct ListDigest {
    private var hash = SHA256()

    /// Starts with an empty list.
    public init() {}

    /// Adds the next piece of the inside of the list's JSON array.
    public mutating func add(_ text: [UInt8]) {
        hash.add(text)
    }

    /// SHA-256 of all pieces, 32 bytes.
    public func value() -> [UInt8] {
        hash.value
    }
}
