/// The fields of a stored record, lent as they lie in it; see ``NewSendLog/record``.
public struct RecordFields {
    /// Its `_id`.
    public let id: UnsafeBufferPointer<UInt8>
    /// The campaign's `_id`.
    public let campaignID: UnsafeBufferPointer<UInt8>
    /// The message, still escaped as JSON has it, without its quotes.
    public let message: UnsafeBufferPointer<UInt8>
    /// Why it was sent, still escaped as JSON has it, without its quotes.
    public let triggeredBy: UnsafeBufferPointer<UInt8>
    /// When delivery started, as `2022-01-01T00:00:00.000Z`.
    public let startDeliveryAt: UnsafeBufferPointer<UInt8>

    /// Finds the fields of a record, which has all of them, as strings, in one order.
    ///
    /// - Returns: `nil` for what is no record.
    public init?(_ record: UnsafeBufferPointer<UInt8>) {
        var place = 0
        func value(behind name: StaticString) -> UnsafeBufferPointer<UInt8>? {
            let name = UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount)
            let begin = place + name.count
            guard begin < record.count, Self.equal(record, at: place, name) else { return nil }
            guard let end = ListText.endOfString(in: record, from: begin) else { return nil }
            place = end + 1
            return UnsafeBufferPointer(rebasing: record[begin..<end])
        }
        guard let id = value(behind: "{\"_id\":\""), let campaignID = value(behind: ",\"campaign_id\":\""),
            let message = value(behind: ",\"message\":\""), let triggeredBy = value(behind: ",\"triggeredBy\":\""),
            let start = value(behind: ",\"startDeliveryAt\":\"")
        else { return nil }
        self.id = id
        self.campaignID = campaignID
        self.message = message
        self.triggeredBy = triggeredBy
        startDeliveryAt = start
    }

    /// The campaign's `_id` in a record, whose other fields are not looked at.
    ///
    /// - Returns: `nil` for what is no record.
    public static func campaignID(of record: UnsafeBufferPointer<UInt8>) -> UnsafeBufferPointer<UInt8>? {
        // Behind {"_id":" and the id, whose letters are never escaped.
        let quote = UInt8(ascii: "\"")
        guard record.count > 8, let end = record[8...].firstIndex(of: quote), end + 17 < record.count else {
            return nil
        }
        let begin = end + 17
        guard let close = record[begin...].firstIndex(of: quote) else { return nil }
        return UnsafeBufferPointer(rebasing: record[begin..<close])
    }

    /// Whether some bytes, at least eight, stand at a place that is known to have room for them.
    private static func equal(
        _ record: UnsafeBufferPointer<UInt8>,
        at place: Int,
        _ bytes: UnsafeBufferPointer<UInt8>
    ) -> Bool {
        let (record, bytes) = (UnsafeRawBufferPointer(record), UnsafeRawBufferPointer(bytes))
        var offset = 0
        while offset < bytes.count {
            // The last eight may overlap those before.
            let step = min(offset, bytes.count - 8)
            let word = bytes.loadUnaligned(fromByteOffset: step, as: UInt64.self)
            if record.loadUnaligned(fromByteOffset: place + step, as: UInt64.self) != word { return false }
            offset += 8
        }
        return true
    }
}
