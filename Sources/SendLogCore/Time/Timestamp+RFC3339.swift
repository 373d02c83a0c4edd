/// Parses and writes timestamps as date-times of RFC 3339.
extension Timestamp {
    /// Parses a date-time of RFC 3339, or a date, which means midnight UTC.
    ///
    /// Any offset is accepted. A fraction may have any number of digits; digits after the third are truncated. Second
    /// 60 is accepted where the standard allows a leap second, at 23:59:60 UTC, and means the second after it. See
    /// <https://www.rfc-editor.org/rfc/rfc3339#section-5.6>.
    ///
    /// - Returns: `nil` for any other text, dates that do not exist, and times outside the years 0000 to 9999.
    public init?(rfc3339 text: String) {
        var text = text
        guard let moment = text.withUTF8({ Timestamp(rfc3339: $0) }) else { return nil }
        self = moment
    }

    /// Parses a date-time in UTF-8; see ``init(rfc3339:)``.
    public init?(rfc3339 text: UnsafeBufferPointer<UInt8>) {
        var bytes = DateTimeScanner(bytes: text)
        guard let year = bytes.digits(4), bytes.take("-"), let month = bytes.digits(2), bytes.take("-"),
            let dayOfMonth = bytes.digits(2),
            let date = CivilDate(year: year, month: month, dayOfMonth: dayOfMonth)
        else { return nil }
        let midnight = date.day.firstMillisecond
        if bytes.atEnd {
            self.init(milliseconds: midnight)
            return
        }
        guard bytes.take("T") || bytes.take("t"),
            let hour = bytes.digits(2), bytes.take(":"), let minute = bytes.digits(2), bytes.take(":"),
            let second = bytes.digits(2), hour < 24, minute < 60, second <= 60,
            let fraction = bytes.fraction(), let offset = bytes.offset(), bytes.atEnd
        else { return nil }
        let minutes = Int64(hour * 60 + minute - offset)
        if second == 60, (minutes + 1).flooringDivided(by: 1440) * 1440 != minutes + 1 { return nil }
        self.init(milliseconds: midnight + minutes * 60_000 + Int64(second) * 1000 + (second == 60 ? 0 : fraction))
    }

    /// Appends the timestamp as `2022-01-01T00:00:00.000Z`, always 24 bytes.
    public func write(to bytes: inout [UInt8]) {
        let day = day
        let (date, ofDay) = (CivilDate(day), Int(milliseconds - day.firstMillisecond))
        func append(_ value: Int, digits: Int, then end: Unicode.Scalar) {
            bytes.appendDecimal(value, digits: digits)
            bytes.append(UInt8(ascii: end))
        }
        append(date.year, digits: 4, then: "-")
        append(date.month, digits: 2, then: "-")
        append(date.dayOfMonth, digits: 2, then: "T")
        append(ofDay / 3_600_000, digits: 2, then: ":")
        append(ofDay / 60_000 % 60, digits: 2, then: ":")
        append(ofDay / 1000 % 60, digits: 2, then: ".")
        append(ofDay % 1000, digits: 3, then: "Z")
    }
}

extension Timestamp: CustomStringConvertible {
    /// The timestamp as `2022-01-01T00:00:00.000Z`.
    public var description: String {
        var bytes: [UInt8] = []
        write(to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// A scanner of the characters of a date-time.
private struct DateTimeScanner {
    let bytes: UnsafeBufferPointer<UInt8>
    var position = 0

    var atEnd: Bool { position == bytes.count }

    mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard position < bytes.count, bytes[position] == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    mutating func digit() -> Int? {
        guard position < bytes.count, bytes[position].isASCIIDigit else { return nil }
        defer { position += 1 }
        return Int(bytes[position] - UInt8(ascii: "0"))
    }

    mutating func digits(_ count: Int) -> Int? {
        var value = 0
        for _ in 0..<count {
            guard let digit = digit() else { return nil }
            value = value * 10 + digit
        }
        return value
    }

    /// Reads an optional fraction, in milliseconds: 0 if there is none, `nil` if the point has no digits.
    mutating func fraction() -> Int64? {
        guard take(".") else { return 0 }
        guard let first = digit() else { return nil }
        var (value, weight) = (Int64(first * 100), Int64(10))
        while let next = digit() {
            value += Int64(next) * weight
            weight /= 10
        }
        return value
    }

    /// Reads the offset, in minutes east of UTC.
    mutating func offset() -> Int? {
        if take("Z") || take("z") { return 0 }
        let sign = take("+") ? 1 : take("-") ? -1 : 0
        guard sign != 0, let hours = digits(2), take(":"), let minutes = digits(2), hours < 24, minutes < 60 else {
            return nil
        }
        return sign * (hours * 60 + minutes)
    }
}
