import SendLogCore

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
