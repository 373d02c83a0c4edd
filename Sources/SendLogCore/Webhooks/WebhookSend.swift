/// The fields of a send, as templates use them.
public struct WebhookSend: Sendable {
    private let record: [UInt8]
    private let fields: [WebhookField: Range<Int>]
    /// The number of destinations.
    public let destinations: Int
    /// The campaign's name; `nil` if it has none.
    public var campaignName: CampaignName?
    private let organisation: OrganisationID

    /// Reads the fields of a send log that an organisation recorded.
    ///
    /// - Throws: ``StoreError/corrupted(detail:)`` if the record lacks a field.
    public init(_ log: StoredSendLog, campaignName: CampaignName?, of organisation: OrganisationID) throws(StoreError) {
        let ranges: [WebhookField: Range<Int>]? = log.record.withUnsafeBufferPointer { record in
            guard let base = record.baseAddress, let fields = RecordFields(record) else { return nil }
            func range(_ part: UnsafeBufferPointer<UInt8>) -> Range<Int> {
                let begin = part.baseAddress.map { $0 - base } ?? 0
                return begin..<begin + part.count
            }
            return [
                .sendID: range(fields.id), .sendCampaignID: range(fields.campaignID),
                .campaignID: range(fields.campaignID), .message: range(fields.message),
                .triggeredBy: range(fields.triggeredBy), .startDeliveryAt: range(fields.startDeliveryAt),
            ]
        }
        guard let ranges else { throw .corrupted(detail: "a record is malformed") }
        (record, fields, destinations) = (log.record, ranges, log.destinations)
        (self.campaignName, self.organisation) = (campaignName, organisation)
    }

    /// The `_id` of the send log; `nil` if it is invalid.
    public var id: SendLogID? { escapedText(.sendID).withUnsafeBufferPointer { SendLogID(utf8: $0) } }

    /// The `_id` of the campaign; `nil` if it is invalid.
    public var campaignID: CampaignID? { escapedText(.campaignID).withUnsafeBufferPointer { CampaignID(utf8: $0) } }

    /// Appends a field as a JSON value of its type.
    func appendJSON(_ field: WebhookField, to bytes: inout [UInt8]) {
        switch field {
        case .destinations: bytes.appendDecimal(destinations)
        case .campaignName where campaignName == nil: bytes.append("null")
        default:
            bytes.append("\"")
            appendEscaped(field, to: &bytes)
            bytes.append("\"")
        }
    }

    /// Appends a field as the content of a JSON string, without quotes.
    func appendEscaped(_ field: WebhookField, to bytes: inout [UInt8]) {
        bytes.append(contentsOf: escapedText(field))
    }

    /// Returns the unescaped text of a field, in UTF-8.
    func text(_ field: WebhookField) -> [UInt8] {
        var text: [UInt8] = []
        escapedText(field).withUnsafeBufferPointer { text.appendUnescaped($0) }
        return text
    }

    /// Returns the JSON-escaped text of a field, without quotes, in which the texts of a record are stored.
    private func escapedText(_ field: WebhookField) -> [UInt8] {
        if let range = fields[field] { return Array(record[range]) }
        var bytes: [UInt8] = []
        switch field {
        case .destinations: bytes.appendDecimal(destinations)
        case .organisationID: bytes.appendDecimal(organisation.number)
        default:
            guard let campaignName else { return [] }
            bytes.appendJSON(campaignName.description)
            return Array(bytes.dropFirst().dropLast())
        }
        return bytes
    }
}
