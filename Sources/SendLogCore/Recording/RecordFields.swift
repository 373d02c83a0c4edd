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
            guard begin < record.count, record[place..<begin].elementsEqual(name) else { return nil }
            var end = PlainBytes.endOfUnescaped(in: record, from: begin)
            // What is escaped is two bytes or more, of which the second may be a quote.
            while end < record.count, record[end] == UInt8(ascii: "\\") {
                end = PlainBytes.endOfUnescaped(in: record, from: min(end + 2, record.count))
            }
            guard end < record.count, record[end] == UInt8(ascii: "\"") else { return nil }
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

    /// Appends the inside of a JSON string that this package wrote, with its escapes resolved.
    ///
    /// - Parameters:
    ///   - text: the inside; see ``Swift/Array/appendJSON(utf8:)`` for how it is escaped
    ///   - bytes: where the text is appended, in UTF-8
    public static func unescape(_ text: UnsafeBufferPointer<UInt8>, to bytes: inout [UInt8]) {
        var copied = 0
        while true {
            let place = PlainBytes.endOfUnescaped(in: text, from: copied)
            bytes.append(contentsOf: UnsafeBufferPointer(rebasing: text[copied..<place]))
            guard place + 1 < text.count else { return }
            copied = place + 2
            switch text[place + 1] {
            case UInt8(ascii: "n"): bytes.append(UInt8(ascii: "\n"))
            case UInt8(ascii: "r"): bytes.append(UInt8(ascii: "\r"))
            case UInt8(ascii: "t"): bytes.append(UInt8(ascii: "\t"))
            case UInt8(ascii: "b"): bytes.append(0x08)
            case UInt8(ascii: "f"): bytes.append(0x0c)
            case UInt8(ascii: "u"):
                // Control characters alone are written so: \u00 and two digits.
                let digits = text[min(place + 4, text.count)..<min(place + 6, text.count)]
                bytes.append(UInt8(String(decoding: digits, as: UTF8.self), radix: 16) ?? 0)
                copied = min(place + 6, text.count)
            case let byte: bytes.append(byte)
            }
        }
    }
}
