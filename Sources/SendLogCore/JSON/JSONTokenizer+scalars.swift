extension JSONTokenizer {
    private static let longestNumber = 400

    mutating func readNumber(
        _ bytes: UnsafeBufferPointer<UInt8>,
        from start: Int,
        to handler: inout some JSONHandler
    ) throws(JSONSyntaxError) -> Int {
        var place = start
        while place < bytes.count {
            switch bytes[place] {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "."),
                UInt8(ascii: "e"), UInt8(ascii: "E"):
                guard scratch.count < Self.longestNumber else {
                    throw error("a number of more than \(Self.longestNumber) characters", at: place)
                }
                scratch.append(bytes[place])
                place += 1
            default:
                try endNumber(at: place, to: &handler)
                return place
            }
        }
        return place
    }

    mutating func endNumber(at place: Int, to handler: inout some JSONHandler) throws(JSONSyntaxError) {
        guard Self.isNumber(scratch) else { throw error("a malformed number", at: place) }
        handler.scalar(.number(JSONNumber(text: String(decoding: scratch, as: UTF8.self))))
        afterValue()
    }

    /// Whether the characters are a number of RFC 8259, section 6.
    private static func isNumber(_ text: [UInt8]) -> Bool {
        var rest = text[...]
        func digits() -> Int {
            let count = rest.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }.count
            rest = rest.dropFirst(count)
            return count
        }
        if rest.first == UInt8(ascii: "-") { rest = rest.dropFirst() }
        let startsWithZero = rest.first == UInt8(ascii: "0")
        let whole = digits()
        guard whole == 1 || whole > 1 && !startsWithZero else { return false }
        if rest.first == UInt8(ascii: ".") {
            rest = rest.dropFirst()
            guard digits() > 0 else { return false }
        }
        if rest.first == UInt8(ascii: "e") || rest.first == UInt8(ascii: "E") {
            rest = rest.dropFirst()
            if rest.first == UInt8(ascii: "+") || rest.first == UInt8(ascii: "-") { rest = rest.dropFirst() }
            guard digits() > 0 else { return false }
        }
        return rest.isEmpty
    }

    mutating func readLiteral(
        _ bytes: UnsafeBufferPointer<UInt8>,
        from start: Int,
        to handler: inout some JSONHandler
    ) throws(JSONSyntaxError) -> Int {
        var place = start
        while place < bytes.count {
            guard (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(bytes[place]), scratch.count < 6 else {
                try endLiteral(at: place, to: &handler)
                return place
            }
            scratch.append(bytes[place])
            place += 1
        }
        return place
    }

    mutating func endLiteral(at place: Int, to handler: inout some JSONHandler) throws(JSONSyntaxError) {
        switch String(decoding: scratch, as: UTF8.self) {
        case "null": handler.scalar(.null)
        case "true": handler.scalar(.bool(true))
        case "false": handler.scalar(.bool(false))
        default: throw error("a word that is neither true, false nor null", at: place)
        }
        afterValue()
    }
}
