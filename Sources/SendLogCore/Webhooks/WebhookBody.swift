/// The template of a JSON body, which renders to valid JSON whatever the send.
///
/// A field within a JSON string is escaped as JSON has it; one that stands by itself is a value of its own type.
public struct WebhookBody: Equatable, Sendable {
    private enum Piece: Equatable, Sendable {
        case text([UInt8])
        case value(WebhookField)
        case inside(WebhookField)
    }

    /// The template as it was written.
    public let text: String
    private let pieces: [Piece]
    /// The longest template in bytes.
    public static let longest = 65_536

    /// Takes a template.
    ///
    /// - Parameters:
    ///   - text: the template
    ///   - isStored: whether it was tried when it was saved, and need not be again
    /// - Throws: what is wrong with it, under the path `body`.
    public init(_ text: String, isStored: Bool = false) throws(InvalidInput) {
        guard text.utf8.count <= Self.longest else {
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
                    throw InvalidInput(path: "body", "has {{\(field.rawValue)}} within an escape that begins with \\")
                }
                pieces.append(scanner.isWithinString ? .inside(field) : .value(field))
            }
        }
        self.text = text
        self.pieces = pieces
        if !isStored { try checkSamples() }
    }

    /// What a field brings in depends on the send in so many ways, each of which must be valid.
    private func checkSamples() throws(InvalidInput) {
        for count in [0, 7, 12] {
            for name in [nil, CampaignName("Spring")] {
                guard let sample = WebhookSend.sample(destinations: count, campaignName: name) else { continue }
                do throws(JSONSyntaxError) {
                    _ = try rendered(for: sample).withUnsafeBufferPointer { (bytes) throws(JSONSyntaxError) in
                        try JSONValue(utf8: bytes)
                    }
                } catch {
                    throw InvalidInput(
                        path: "body",
                        "is not valid JSON once its {{…}} are filled in: \(error.message), at byte \(error.offset) of what comes out"
                    )
                }
            }
        }
    }

    /// Renders it.
    ///
    /// - Returns: valid JSON.
    public func rendered(for send: WebhookSend) -> [UInt8] {
        var bytes: [UInt8] = []
        for piece in pieces {
            switch piece {
            case .text(let text): bytes.append(contentsOf: text)
            case .value(let field): send.appendJSON(field, to: &bytes)
            case .inside(let field): send.appendInside(field, to: &bytes)
            }
        }
        return bytes
    }

    /// How often it has the message.
    var messages: Int { pieces.count { $0 == .value(.message) || $0 == .inside(.message) } }

    /// Whether it says what the campaign is called.
    var namesCampaign: Bool {
        pieces.contains { $0 == .value(.campaignName) || $0 == .inside(.campaignName) }
    }

    /// Whether what it renders to is an object.
    var isObject: Bool {
        // A field's {{ is none.
        guard case .text(let bytes)? = pieces.first else { return false }
        return bytes.first { ![0x20, 0x09, 0x0a, 0x0d].contains($0) } == UInt8(ascii: "{")
    }

    /// Whether members at the top have names that could not be parameters: long ones, or such as change with the send.
    var hasLongNames: Bool {
        let names = ["a", "b"].map { mark in
            WebhookSend.sample(destinations: 1, campaignName: CampaignName(mark), mark: mark).map { sample in
                rendered(for: sample).withUnsafeBufferPointer { (try? JSONValue(utf8: $0))?.names ?? [] }
            }
        }
        return names[0] != names[1] || names[0]?.contains { $0.utf8.count > 100 } == true
    }

    /// Follows where strings begin and end in a JSON text.
    private struct StringScanner {
        private(set) var isWithinString = false
        /// How many bytes an escape still takes.
        private var escape = 0

        var isWithinEscape: Bool { escape > 0 }

        mutating func read(_ bytes: [UInt8]) {
            for byte in bytes {
                if escape > 0 {
                    // A u takes four digits more.
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
    /// A send that never was, to try a template with.
    ///
    /// - Parameters:
    ///   - destinations: how many it has
    ///   - campaignName: what its campaign is called
    ///   - mark: stands at the end of all its texts
    /// - Returns: the send.
    static func sample(destinations: Int, campaignName: CampaignName?, mark: String = "") -> WebhookSend? {
        let record = Array(
            """
            {"_id":"61f0e3c8a1b2c3d4e5f60718\(mark)","campaign_id":"5f5a1d8d2e0e4c6c8c0c0c0c\(mark)",\
            "message":"Hi {{contact.firstname}}\(mark)","triggeredBy":"manual\(mark)",\
            "startDeliveryAt":"2022-01-26T08:00:00.000Z\(mark)"
            """.utf8
        )
        let log = StoredSendLog(sequence: SequenceNumber(0), record: record, destinations: destinations)
        return try? WebhookSend(log, campaignName: campaignName, of: OrganisationID(1))
    }

    /// A send that never was, for an organisation without any.
    public static let sample: WebhookSend? = sample(destinations: 1, campaignName: nil)
}
