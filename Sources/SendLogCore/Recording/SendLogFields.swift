/// The fields of a send log to be recorded, with their names in JSON.
enum SendLogField: String, CaseIterable {
    case id = "_id"
    case campaignID = "campaign_id"
    case message
    case triggeredBy
    case startDeliveryAt
    case destinations

    static let names = allCases.map(\.rawValue)

    init?(utf8 name: UnsafeBufferPointer<UInt8>) {
        let field: SendLogField
        switch name.count {
        case 3: field = .id
        case 7: field = .message
        case 11: field = name[0] == UInt8(ascii: "c") ? .campaignID : .triggeredBy
        case 12: field = .destinations
        case 15: field = .startDeliveryAt
        default: return nil
        }
        var text = field.rawValue
        let isSame = text.withUTF8 { known in
            UnsafeRawBufferPointer(known).elementsEqual(UnsafeRawBufferPointer(name))
        }
        guard isSame else { return nil }
        self = field
    }

    /// A set of fields.
    struct FieldSet {
        private var bits: UInt8 = 0

        func contains(_ field: SendLogField) -> Bool { bits & field.bit != 0 }

        /// Inserts a field.
        ///
        /// - Returns: whether the field was not in the set before.
        mutating func insert(_ field: SendLogField) -> Bool {
            defer { bits |= field.bit }
            return !contains(field)
        }
    }

    private var bit: UInt8 {
        switch self {
        case .id: 1
        case .campaignID: 2
        case .message: 4
        case .triggeredBy: 8
        case .startDeliveryAt: 16
        case .destinations: 32
        }
    }

    /// The number of bytes to read of the field's string; a longer string is invalid.
    var stringLimit: Int {
        switch self {
        case .id, .campaignID: Identifier<SendLogTag>.maxLength
        case .message: SendLogRules.maxMessageLength
        case .triggeredBy: SendLogRules.maxTriggeredByLength * 4
        case .startDeliveryAt: 128
        case .destinations: DestinationList.maxLength * 4
        }
    }

    var isRequired: Bool {
        switch self {
        case .id, .startDeliveryAt: false
        case .campaignID, .message, .triggeredBy, .destinations: true
        }
    }
}

/// The rules for the texts of a send log.
public enum SendLogRules {
    /// The maximum length of a message in bytes of UTF-8.
    public static let maxMessageLength = 65_536
    /// The maximum length of `triggeredBy` in characters (Unicode scalars).
    public static let maxTriggeredByLength = 64

    /// Returns the problem of a destination; `nil` if it is valid.
    public static func fault(ofDestination text: borrowing JSONText) -> String? {
        if text.isTruncated { return "must be at most \(DestinationList.maxLength) characters long" }
        if text.utf8.isEmpty { return "must not be empty" }
        if text.isSimple, text.utf8.count <= DestinationList.maxLength { return nil }
        let scalars = text.string.unicodeScalars
        guard scalars.count <= DestinationList.maxLength else {
            return "must be at most \(DestinationList.maxLength) characters long"
        }
        guard !scalars.contains(where: { $0.properties.generalCategory == .control }) else {
            return "must not contain control characters"
        }
        return nil
    }
}
