/// An ID within an organisation: 1 to 64 characters of `A-Z a-z 0-9 _ -`.
///
/// `Tag` makes the IDs of different kinds of objects different types; it has no values.
public struct Identifier<Tag>: Hashable, Sendable {
    /// The ID as given, character for character.
    public let text: String

    /// The maximum length in characters, each of which is one byte.
    public static var maxLength: Int { 64 }

    /// The error message for an invalid ID.
    public static var rule: String { "must be 1 to 64 characters of A-Z a-z 0-9 _ -" }

    /// Creates an ID from a string; `nil` if it breaks ``rule``.
    public init?(_ text: String) {
        var text = text
        guard text.withUTF8({ Self.accepts($0) }) else { return nil }
        self.text = text
    }

    /// Creates an ID from UTF-8 bytes; `nil` if they break ``rule``.
    public init?(utf8 bytes: UnsafeBufferPointer<UInt8>) {
        guard Self.accepts(bytes) else { return nil }
        self.text = String(decoding: bytes, as: UTF8.self)
    }

    private static func accepts(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        (1...maxLength).contains(bytes.count)
            && bytes.allSatisfy { $0.isASCIIAlphanumeric || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: "-") }
    }
}

extension Identifier: CustomStringConvertible {
    /// The ID itself.
    public var description: String { text }
}

/// The tag of send log IDs.
public enum SendLogTag {}

/// The tag of campaign IDs.
public enum CampaignTag {}

/// The tag of webhook IDs.
public enum WebhookTag {}

/// The `_id` of a send log, unique within its organisation.
public typealias SendLogID = Identifier<SendLogTag>

/// The `_id` of the campaign that triggered a send.
public typealias CampaignID = Identifier<CampaignTag>

/// The `_id` of a webhook, unique everywhere.
public typealias WebhookID = Identifier<WebhookTag>
