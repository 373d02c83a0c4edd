import SendLogCore

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
            guard let value = digit.lowercaseHexDigitValue else {
                self = .text(id.text)
                return
            }
            high = high << 4 | UInt64(low >> 28)
            low = low << 4 | UInt32(value)
        }
        self = .digits(high, low)
    }
}

extension PackedID {
    /// Returns the SQL for the text of a packed ID.
    static func sql(of column: String) -> String {
        "CASE typeof(\(column)) WHEN 'blob' THEN lower(hex(\(column))) ELSE \(column) END"
    }
}

extension PackedID: BindableValue {
    func bind(to query: inout Query) throws {
        switch self {
        case .digits(let high, let low):
            try withUnsafeBytes(of: (high.bigEndian, low.bigEndian)) { digits in
                try query.bind(bytes: UnsafeRawBufferPointer(rebasing: digits[..<12]))
            }
        case .text(let text): try query.bind(text: text)
        }
    }
}
