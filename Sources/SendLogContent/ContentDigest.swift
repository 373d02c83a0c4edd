import Crypto
import SendLogCore

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
        record.withUnsafeBytes { hash.update(bufferPointer: $0) }
        list.withUnsafeBytes { hash.update(bufferPointer: $0) }
        return hash.finalize().withUnsafeBytes { Array($0) }
    }
}

/// The digest over a list of destinations, piece by piece.
public struct ListDigest {
    private var hash = SHA256()

    /// Starts with an empty list.
    public init() {}

    /// Adds the next piece of the inside of the list's JSON array.
    public mutating func add(_ text: [UInt8]) {
        text.withUnsafeBytes { hash.update(bufferPointer: $0) }
    }

    /// SHA-256 of all pieces, 32 bytes.
    public func value() -> [UInt8] {
        hash.finalize().withUnsafeBytes { Array($0) }
    }
}
