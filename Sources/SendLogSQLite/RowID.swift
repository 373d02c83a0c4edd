import SendLogCore

/// The row ID of a send log: its organisation and its sequence number in one integer.
///
/// The rows of an organisation are adjacent in the table, and within an organisation row ID order is the order of
/// recording. SQLite ends every index entry with the row ID, so every index has that order at no extra cost.
struct RowID: Equatable {
    let rawValue: Int64

    private static let sequenceBits: Int64 = 40

    /// The exclusive upper bound of organisation numbers; below it, row IDs are unique.
    static let maxOrganisations: Int64 = 1 << 22

    init(_ organisation: OrganisationID, _ sequence: SequenceNumber) {
        rawValue = organisation.number << Self.sequenceBits | sequence.number
    }

    init(rawValue: Int64) {
        self.rawValue = rawValue
    }

    var sequence: SequenceNumber { SequenceNumber(rawValue & (1 << Self.sequenceBits - 1)) }
}

/// An ID in its stored form: a blob of 12 bytes for 24 lowercase hex digits, or a text.
///
/// Nearly all IDs are 24 hex digits, and the blob takes half the bytes. In SQLite a blob never equals a text, so the
/// two forms cannot collide.
enum PackedID: Hashable {
    /// An ID of 24 hex digits: the first 16, and the last 8.
    case digits(UInt64, UInt32)
    case text(String)

    init<Tag>(_ id: Identifier<Tag>) {
        let digits = id.text.utf8
        guard digits.count == 24 else {
            self = .text(id.text)
            return
        }
        var (high, low) = (UInt64(0), UInt32(0))
        for digit in digits {
            let value: UInt32
            switch digit {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = UInt32(digit - UInt8(ascii: "0"))
            case UInt8(ascii: "a")...UInt8(ascii: "f"): value = UInt32(digit - UInt8(ascii: "a") + 10)
            default:
                self = .text(id.text)
                return
            }
            high = high << 4 | UInt64(low >> 28)
            low = low << 4 | value
        }
        self = .digits(high, low)
    }
}
