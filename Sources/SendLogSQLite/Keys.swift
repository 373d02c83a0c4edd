import SendLogCore

/// Where a send log lies: its organisation and its place in the order of recording in one integer, the table's row id.
///
/// So the rows of an organisation lie together, row id order within an organisation is the order of recording, and every index, which
/// SQLite ends with the row id, carries that order for nothing.
struct Place: Equatable {
    let rowID: Int64

    private static let sequenceBits: Int64 = 40

    /// The greatest organisation number whose logs can be told apart.
    static let mostOrganisations: Int64 = 1 << 22

    init(_ organisation: OrganisationID, _ sequence: SequenceNumber) {
        rowID = organisation.number << Self.sequenceBits | sequence.number
    }

    init(rowID: Int64) {
        self.rowID = rowID
    }

    var sequence: SequenceNumber { SequenceNumber(rowID & (1 << Self.sequenceBits - 1)) }
}

/// An id as it is stored: 24 lowercase hex digits, which nearly all ids are, in half the bytes.
///
/// SQLite keeps blobs and texts apart.
enum PackedID: Hashable {
    /// The first 16 digits, and the other 8.
    case digits(UInt64, UInt32)
    case text(String)

    init<Owner>(_ id: Identifier<Owner>) {
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
