/// Reads numbers and the literals `true`, `false` and `null`, each of which may span several pieces.
extension JSONTokenizer {
    private static let maxNumberLength = 400

    mutating func readNumber(
        _ bytes: UnsafeBufferPointer<UInt8>,
        from start: Int,
        to handler: inout some JSONHandler
    ) throws(JSONSyntaxError) -> Int {
        var offset = start
        while offset < bytes.count {
            switch bytes[offset] {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "."),
                UInt8(ascii: "e"), UInt8(ascii: "E"):
                guard scratch.count < Self.maxNumberLength else {
                    throw error("a number of more than \(Self.maxNumberLength) characters", at: offset)
                }
                scratch.append(bytes[offset])
                offset += 1
            default:
                try endNumber(at: offset, to: &handler)
                return offset
            }
        }
        return offset
    }

    mutating func endNumber(at offset: Int, to handler: inout some JSONHandler) throws(JSONSyntaxError) {
        guard Self.isNumber(scratch) else { throw error("a malformed number", at: offset) }
        handler.scalar(.number(JSONNumber(text: String(decoding: scratch, as: UTF8.self))))
        afterValue()
    }

    /// Returns whether the characters are a number by RFC 8259, section 6.
    private static func isNumber(_ text: [UInt8]) -> Bool {
        var rest = text[...]
        func digits() -> Int {
            let count = rest.prefix(while: \.isASCIIDigit).count
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
        var offset = start
        while offset < bytes.count {
            guard (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(bytes[offset]), scratch.count < 6 else {
                try endLiteral(at: offset, to: &handler)
                return offset
            }
            scratch.append(bytes[offset])
            offset += 1
        }
        return offset
    }

    mutating func endLiteral(at offset: Int, to handler: inout some JSONHandler) throws(JSONSyntaxError) {
        switch String(decoding: scratch, as: UTF8.self) {
        case "null": handler.scalar(.null)
        case "true": handler.scalar(.bool(true))
        case "false": handler.scalar(.bool(false))
        default: throw error("a word that is neither true, false nor null", at: offset)
        }
        afterValue()
    }
}
