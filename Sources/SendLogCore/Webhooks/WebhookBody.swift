/// The template of a JSON body, which renders to valid JSON for every send.
///
/// A field within a JSON string is rendered as escaped text, a field outside of strings as a JSON value of its type.
public struct WebhookBody: Equatable, Sendable {
    private enum Piece: Equatable, Sendable {
        case text([UInt8])
        case value(WebhookField)
        case stringContent(WebhookField)
    }

    /// The template as the user wrote it.
    public let text: String
    private let pieces: [Piece]
    /// The maximum length of a template in bytes.
    public static let maxLength = 65_536

    /// Parses a template, and checks it with samples unless it comes from the store.
    ///
    /// - Throws: ``InvalidInput`` with the path `body`.
    public init(_ text: String, isStored: Bool = false) throws(InvalidInput) {
        // It is skipped when JSON is read, and must not be sent (https://www.rfc-editor.org/rfc/rfc8259#section-8.1).
        if text.unicodeScalars.first == "\u{feff}" {
            throw InvalidInput(path: "body", "must not begin with a byte order mark")
        }
        guard text.utf8.count <= Self.maxLength else {
            throw InvalidInput(path: "body", "must be at most 65,536 bytes long; it is \(text.utf8.count)")
        }
        let template = try WebhookTemplate(text, at: "body")
        var (pieces, scanner): ([Piece], StringScanner) = ([], StringScanner())
        for piece in template.pieces {
            switch piece {
            case .text(let bytes):
                scanner.read(bytes)
                pieces.append(.text(bytes))
            case .field(let field):
                if scanner.isWithinEscape {
                    throw InvalidInput(path: "body", "has {{\(field.rawValue)}} in an escape sequence")
                }
                pieces.append(scanner.isWithinString ? .stringContent(field) : .value(field))
            }
        }
        self.text = text
        self.pieces = pieces
        if !isStored { try checkSamples() }
    }

    /// Renders sample sends and checks that each result is valid JSON, since the types of values depend on the send.
    private func checkSamples() throws(InvalidInput) {
        for count in [0, 7, 12] {
            for name in [nil, CampaignName("Spring")] {
                guard let sample = WebhookSend.sample(destinations: count, campaignName: name) else { continue }
                do throws(JSONSyntaxError) {
                    _ = try rendered(for: sample).withUnsafeBufferPointer { (bytes) throws(JSONSyntaxError) in
                        try JSONValue(utf8: bytes)
                    }
                } catch {
                    let problem = "\(error.message), at byte \(error.offset) of the result"
                    throw InvalidInput(path: "body", "is not valid JSON with its {{…}} filled in: \(problem)")
                }
            }
        }
    }

    /// Returns the valid JSON for a send.
    public func rendered(for send: WebhookSend) -> [UInt8] {
        var bytes: [UInt8] = []
        for piece in pieces {
            switch piece {
            case .text(let text): bytes.append(contentsOf: text)
            case .value(let field): send.appendJSON(field, to: &bytes)
            case .stringContent(let field): send.appendEscaped(field, to: &bytes)
            }
        }
        return bytes
    }

    /// The number of `{{send.message}}` fields.
    var messageCount: Int { pieces.count { $0 == .value(.message) || $0 == .stringContent(.message) } }

    /// Whether the template has a `{{campaign.name}}` field.
    var usesCampaignName: Bool {
        pieces.contains { $0 == .value(.campaignName) || $0 == .stringContent(.campaignName) }
    }

    /// Whether the template renders to a JSON object.
    var isObject: Bool {
        // A template that begins with a field does not render to an object.
        guard case .text(let bytes)? = pieces.first else { return false }
        return bytes.first { !$0.isASCIIWhiteSpace } == UInt8(ascii: "{")
    }

    /// Whether names of top-level members cannot be parameters: they are longer than 100 bytes, or depend on the send.
    var hasLongNames: Bool {
        let names = ["a", "b"].map { suffix -> [String] in
            let sample = WebhookSend.sample(destinations: 1, campaignName: CampaignName(suffix), suffix: suffix)
            guard let json = sample.map({ rendered(for: $0) }),
                case .object(let members)? = json.withUnsafeBufferPointer({ try? JSONValue(utf8: $0) })
            else { return [] }
            return members.map(\.name)
        }
        return names[0] != names[1] || names[0].contains { $0.utf8.count > 100 }
    }

    /// A scanner that tracks where strings begin and end in a JSON text.
    private struct StringScanner {
        private(set) var isWithinString = false
        /// The number of bytes that the current escape sequence still takes, at most; 5 right after the backslash.
        private var escape = 0

        var isWithinEscape: Bool { escape > 0 }

        mutating func read(_ bytes: [UInt8]) {
            for byte in bytes {
                if escape > 0 {
                    // A \u takes four more digits.
                    escape = escape == 5 ? (byte == UInt8(ascii: "u") ? 4 : 0) : escape - 1
                } else if byte == UInt8(ascii: "\"") {
                    isWithinString.toggle()
                } else if isWithinString, byte == UInt8(ascii: "\\") {
                    escape = 5
                }
            }
        }
    }
}

extension WebhookSend {
    /// Creates a sample send, each text with the suffix; `nil` if the suffix makes its record unreadable.
    static func sample(destinations: Int, campaignName: CampaignName?, suffix: String = "") -> WebhookSend? {
        let record = Array(
            """
            {"_id":"61f0e3c8a1b2c3d4e5f60718\(suffix)","campaign_id":"5f5a1d8d2e0e4c6c8c0c0c0c\(suffix)",\
            "message":"Hi {{contact.firstname}}\(suffix)","triggeredBy":"manual\(suffix)",\
            "startDeliveryAt":"2022-01-26T08:00:00.000Z\(suffix)"
            """.utf8
        )
        let log = StoredSendLog(sequence: SequenceNumber(0), record: record, destinations: destinations)
        return try? WebhookSend(log, campaignName: campaignName, of: OrganisationID(1))
    }

    /// A sample send, for an organisation that has not recorded any.
    public static let sample: WebhookSend? = sample(destinations: 1, campaignName: nil)
}
