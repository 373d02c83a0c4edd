import SendLogCore
import SendLogScheduling

/// One of the two audiences of a comparison.
package enum AudienceSide: UInt8, Sendable {
    case a
    case b
}

/// A recipient of one of two audiences, in an order in which the same recipient of both is together.
protocol AudienceMember: ExternalSortValue {
    /// The audience.
    var side: AudienceSide { get }
    /// Returns whether another member is the same recipient.
    func isSameRecipient(as other: Self) -> Bool
    /// Appends the recipient's normal form.
    func appendKey(to bytes: inout [UInt8])
}

/// A telephone number of up to fifteen digits.
struct AudienceNumber: AudienceMember {
    /// The digits after a 1, which keeps leading zeros, and the audience in the lowest bit.
    private let value: UInt64

    private init(value: UInt64) { self.value = value }

    /// Creates a member from the digits of its normal form; `nil` for any other text.
    init?(digits text: UnsafeBufferPointer<UInt8>, _ side: AudienceSide) {
        guard (1...15).contains(text.count) else { return nil }
        var number: UInt64 = 1
        for byte in text {
            let digit = byte &- UInt8(ascii: "0")
            if digit > 9 { return nil }
            number = number &* 10 &+ UInt64(digit)
        }
        value = number << 1 | UInt64(side.rawValue)
    }

    /// The number of bits of the greatest value.
    private static let bits: UInt64 = 52

    var size: Int { 8 }
    var side: AudienceSide { value & 1 == 0 ? .a : .b }

    func isSameRecipient(as other: Self) -> Bool { value >> 1 == other.value >> 1 }

    func appendKey(to bytes: inout [UInt8]) { bytes.append(contentsOf: String(value >> 1).utf8.dropFirst()) }

    static func < (left: Self, right: Self) -> Bool { left.value < right.value }

    func write(after previous: Self?, to bytes: inout [UInt8]) {
        bytes.appendVarint(value &- (previous?.value ?? 0))
    }

    static func read(after previous: Self?, from reader: inout SpoolReader) throws(StoreError) -> Self {
        Self(value: (previous?.value ?? 0) &+ (try reader.varint()))
    }

    static func sort(_ values: inout [Self], _ scratch: inout [Self]) async {
        var slice = TimeSlice()
        for shift in stride(from: 0, to: bits, by: Int(RadixSort.digitBits)) {
            RadixSort.sort(&values, &scratch, byDigitAt: shift) { $0.value }
            await slice.yieldIfOver()
        }
    }
}

/// A recipient that is no telephone number, such as an e-mail address.
struct AudienceText: AudienceMember {
    private let text: String
    let side: AudienceSide

    init(_ key: RecipientKey, _ side: AudienceSide) { (text, self.side) = (key.text, side) }

    private init(text: String, side: AudienceSide) { (self.text, self.side) = (text, side) }

    // Sorting texts is slow, so that fewer of them are sorted without a pause.
    var size: Int { 512 + text.utf8.count }

    func isSameRecipient(as other: Self) -> Bool { text == other.text }

    func appendKey(to bytes: inout [UInt8]) { bytes.append(contentsOf: text.utf8) }

    static func < (left: Self, right: Self) -> Bool {
        left.text == right.text ? left.side.rawValue < right.side.rawValue : left.text < right.text
    }

    func write(after previous: Self?, to bytes: inout [UInt8]) {
        bytes.appendVarint(UInt64(text.utf8.count) << 1 | UInt64(side.rawValue))
        bytes.append(contentsOf: text.utf8)
    }

    static func read(after previous: Self?, from reader: inout SpoolReader) throws(StoreError) -> Self {
        let head = try reader.varint()
        return Self(text: try reader.text(head >> 1), side: head & 1 == 0 ? .a : .b)
    }

    static func sort(_ values: inout [Self], _ scratch: inout [Self]) async { values.sort() }
}
