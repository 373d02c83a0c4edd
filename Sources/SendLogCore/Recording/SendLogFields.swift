/// The fields of a send log that is to be recorded, named as its JSON names them.
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

    /// A few fields.
    struct Names {
        private var bits: UInt8 = 0

        func contains(_ field: SendLogField) -> Bool { bits & field.bit != 0 }

        /// - Returns: whether it was not among them.
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

    /// The most bytes that are worth reading of the field's string.
    var stringLimit: Int {
        switch self {
        case .id, .campaignID: Identifier<SendLogOwner>.longest
        case .message: SendLogRules.longestMessage
        case .triggeredBy: SendLogRules.longestTrigger * 4
        case .startDeliveryAt: 128
        case .destinations: DestinationList.longest * 4
        }
    }

    var isRequired: Bool {
        switch self {
        case .id, .startDeliveryAt: false
        case .campaignID, .message, .triggeredBy, .destinations: true
        }
    }
}

/// What a send log's texts must keep to.
public enum SendLogRules {
    /// The longest message in bytes of UTF-8.
    public static let longestMessage = 65_536
    /// The longest `triggeredBy` in characters (Unicode scalars).
    public static let longestTrigger = 64

    /// What is wrong with a destination, or `nil`.
    public static func fault(ofDestination text: borrowing JSONText) -> String? {
        if text.isCut { return "must be at most \(DestinationList.longest) characters long" }
        if text.utf8.isEmpty { return "must not be empty" }
        if text.isSimple, text.utf8.count <= DestinationList.longest { return nil }
        let scalars = text.string.unicodeScalars
        guard scalars.count <= DestinationList.longest else {
            return "must be at most \(DestinationList.longest) characters long"
        }
        guard !scalars.contains(where: { $0.properties.generalCategory == .control }) else {
            return "must not contain control characters"
        }
        return nil
    }
}
