/// The name of one thing of an organisation: 1 to 64 characters of `A-Z a-z 0-9 _ -`.
///
/// `Owner` tells the ids of different things apart at compile time; it has no values.
public struct Identifier<Owner>: Hashable, Sendable {
    /// The id as it was given, character for character.
    public let text: String

    /// The longest id in characters, each of which is one byte.
    public static var longest: Int { 64 }

    /// What a person is told whose id is refused.
    public static var rule: String { "must be 1 to 64 characters of A-Z a-z 0-9 _ -" }

    /// Takes UTF-8 text as an id.
    ///
    /// - Returns: `nil` where the text breaks ``rule``.
    public init?(_ text: String) {
        var text = text
        guard text.withUTF8({ Self.accepts($0) }) else { return nil }
        self.text = text
    }

    /// Takes UTF-8 bytes as an id.
    ///
    /// - Returns: `nil` where the bytes break ``rule``.
    public init?(utf8 bytes: UnsafeBufferPointer<UInt8>) {
        guard Self.accepts(bytes) else { return nil }
        self.text = String(decoding: bytes, as: UTF8.self)
    }

    private static func accepts(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        (1...longest).contains(bytes.count)
            && bytes.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
                    true
                default: false
                }
            }
    }
}

extension Identifier: CustomStringConvertible {
    /// The id itself.
    public var description: String { text }
}

/// Owner of send log ids.
public enum SendLogOwner {}

/// Owner of campaign ids.
public enum CampaignOwner {}

/// The `_id` of a send log, unique within its organisation.
public typealias SendLogID = Identifier<SendLogOwner>

/// The `_id` of the campaign that triggered a send.
public typealias CampaignID = Identifier<CampaignOwner>
