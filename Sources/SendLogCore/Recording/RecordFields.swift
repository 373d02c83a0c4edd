/// The fields of a stored record, as slices of its buffer; see ``PreparedSendLog/record``.
public struct RecordFields {
    /// The `_id`.
    public let id: UnsafeBufferPointer<UInt8>
    /// The campaign's `_id`.
    public let campaignID: UnsafeBufferPointer<UInt8>
    /// The message, JSON-escaped and without quotes.
    public let message: UnsafeBufferPointer<UInt8>
    /// The reason for the send, JSON-escaped and without quotes.
    public let triggeredBy: UnsafeBufferPointer<UInt8>
    /// The time at which delivery started, as `2022-01-01T00:00:00.000Z`.
    public let startDeliveryAt: UnsafeBufferPointer<UInt8>

    /// Finds the fields of a record, all of them strings in a fixed order; `nil` if the bytes are not a record.
    public init?(_ record: UnsafeBufferPointer<UInt8>) {
        var position = 0
        func value(after name: StaticString) -> UnsafeBufferPointer<UInt8>? {
            let name = UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount)
            let begin = position + name.count
            guard begin < record.count, Self.equal(record, at: position, name) else { return nil }
            guard let end = DestinationListJSON.endOfString(in: record, from: begin) else { return nil }
            position = end + 1
            return UnsafeBufferPointer(rebasing: record[begin..<end])
        }
        guard let id = value(after: "{\"_id\":\""), let campaignID = value(after: ",\"campaign_id\":\""),
            let message = value(after: ",\"message\":\""), let triggeredBy = value(after: ",\"triggeredBy\":\""),
            let start = value(after: ",\"startDeliveryAt\":\"")
        else { return nil }
        (self.id, self.campaignID, self.message) = (id, campaignID, message)
        (self.triggeredBy, startDeliveryAt) = (triggeredBy, start)
    }

    /// Returns the campaign's `_id` without reading the other fields; `nil` if the bytes are not a record.
    public static func campaignID(of record: UnsafeBufferPointer<UInt8>) -> UnsafeBufferPointer<UInt8>? {
        // The value follows {"_id":" and the ID, whose characters are never escaped.
        let quote = UInt8(ascii: "\"")
        guard record.count > 8, let end = record[8...].firstIndex(of: quote), end + 17 < record.count else {
            return nil
        }
        let begin = end + 17
        guard let close = record[begin...].firstIndex(of: quote) else { return nil }
        return UnsafeBufferPointer(rebasing: record[begin..<close])
    }

    /// Returns whether a record has at least eight given bytes at a position, where it must be long enough for them.
    private static func equal(
        _ record: UnsafeBufferPointer<UInt8>,
        at position: Int,
        _ bytes: UnsafeBufferPointer<UInt8>
    ) -> Bool {
        let (record, bytes) = (UnsafeRawBufferPointer(record), UnsafeRawBufferPointer(bytes))
        var offset = 0
        while offset < bytes.count {
            // The last eight bytes may overlap the ones before.
            let step = min(offset, bytes.count - 8)
            let word = bytes.loadUnaligned(fromByteOffset: step, as: UInt64.self)
            if record.loadUnaligned(fromByteOffset: position + step, as: UInt64.self) != word { return false }
            offset += 8
        }
        return true
    }
}
