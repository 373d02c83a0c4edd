/// Request bodies that are too large to build log by log.
enum LargeBodies {
    /// The elements of a JSON list of cell numbers, all of the same length.
    ///
    /// - Returns: the JSON text without brackets, 14 bytes for each number less one comma.
    static func destinations(_ count: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count * 14)
        for number in 0..<count {
            if number > 0 { bytes.append(UInt8(ascii: ",")) }
            bytes.append(UInt8(ascii: "\""))
            // The stride is coprime with the range, so that neighbours differ and no number repeats.
            var rest = 27_600_000_000 + number * 61_803_397 % 300_000_000
            var digits: [UInt8] = []
            while rest > 0 {
                digits.append(UInt8(ascii: "0") + UInt8(rest % 10))
                rest /= 10
            }
            bytes.append(contentsOf: digits.reversed())
            bytes.append(UInt8(ascii: "\""))
        }
        return bytes
    }

    /// A log with such a list, in the same form as the response.
    ///
    /// - Returns: the log's JSON.
    static func log(_ id: String, destinations: [UInt8]) -> [UInt8] {
        let empty = SampleLog(id: id, destinations: []).json
        return Array(empty.dropLast(2).utf8) + destinations + Array("]}".utf8)
    }

    /// Lines of an import, each with one destination and `padding` additional letters in its message.
    static func lines(_ range: Range<Int>, padding: Int = 0) -> [UInt8] {
        let filler = String(repeating: "x", count: padding)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(range.count * (190 + padding))
        for number in range {
            let day = 10 + number % 20
            bytes +=
                """
                {"_id":"send-\(number)","campaign_id":"campaign-\(number % 50)","message":"Hi {{contact.firstname}}\(filler)",\
                "triggeredBy":"api","startDeliveryAt":"2022-01-\(day)T12:00:00.000Z","destinations":["27821234567"]}\n
                """.utf8
        }
        return bytes
    }
}
