/// An incremental JSON tokenizer: it accepts a text in pieces of any size, and does not keep the text.
///
/// The tokenizer is strict where the standard (<https://www.rfc-editor.org/rfc/rfc8259>) leaves room: UTF-8 must be
/// valid, surrogates must come in pairs, and containers may be nested 64 deep. It skips a byte order mark at the start.
/// The handler's string limit bounds the memory.
public struct JSONTokenizer: Sendable {
    /// The maximum nesting depth of containers.
    public static let maxDepth = 64

    enum State: Sendable {
        case value, valueOrArrayEnd, keyOrObjectEnd, key, colon, commaOrEnd, end
        case string, escape, unicodeEscape, lowSurrogateBackslash, lowSurrogateU
        case number, literal, byteOrderMark
    }

    var state = State.value
    /// Whether the current string is a member's name.
    var readsKey = false
    /// The bytes read so far of a number, a literal, or a string that spans pieces or contains escapes.
    var scratch: [UInt8] = []
    var isSimple = true
    var isTruncated = false
    var limit = 0
    var utf8 = UTF8Validator()
    /// The number of hex digits left to read in a `\u` escape, and the value of the digits read.
    var hexLeft = 0
    var hexValue: UInt32 = 0
    var highSurrogate: UInt32 = 0
    /// The kinds of the open containers, one bit per level, the innermost lowest: 1 is an object, 0 an array.
    private var levels: UInt64 = 0
    private(set) var depth = 0
    /// The number of bytes in earlier pieces.
    private var consumed = 0

    /// Creates a tokenizer at the beginning of a text.
    public init() {}

    /// Resets the tokenizer to the beginning of a text, and reuses its memory.
    public mutating func reset() {
        var scratch = scratch
        scratch.removeAll(keepingCapacity: true)
        self = JSONTokenizer()
        self.scratch = scratch
    }

    private var isInObject: Bool { levels & 1 == 1 }

    /// Whether the text so far is only white space, which a byte order mark may precede.
    public var isBlank: Bool { state == .value && depth == 0 }

    /// Reads the next piece of the text.
    ///
    /// - Throws: a syntax error, after which the tokenizer cannot be used until ``reset()``.
    public mutating func feed(
        _ bytes: UnsafeBufferPointer<UInt8>,
        to handler: inout some JSONHandler
    ) throws(JSONSyntaxError) {
        var offset = 0
        while offset < bytes.count {
            switch state {
            case .string: offset = try readString(bytes, from: offset, to: &handler)
            case .escape, .unicodeEscape, .lowSurrogateBackslash, .lowSurrogateU:
                try readEscape(bytes[offset], at: offset)
                offset += 1
            case .number: offset = try readNumber(bytes, from: offset, to: &handler)
            case .literal: offset = try readLiteral(bytes, from: offset, to: &handler)
            case .byteOrderMark:
                try readByteOrderMark(bytes[offset], at: offset)
                offset += 1
            default:
                if state == .commaOrEnd {
                    offset += handler.takeElements(UnsafeBufferPointer(rebasing: bytes[offset...]))
                    if offset == bytes.count { break }
                }
                let byte = bytes[offset]
                if byte.isASCIIWhiteSpace {
                    offset += 1
                } else {
                    try readStructure(byte, at: offset, to: &handler)
                    // A number or literal includes this byte.
                    if state != .number && state != .literal { offset += 1 }
                }
            }
        }
        consumed += bytes.count
    }

    /// Ends the text; throws a syntax error if it is empty or incomplete.
    public mutating func finish(to handler: inout some JSONHandler) throws(JSONSyntaxError) {
        if state == .number { try endNumber(at: 0, to: &handler) }
        if state == .literal { try endLiteral(at: 0, to: &handler) }
        guard state == .end else { throw error(isBlank ? "the text is empty" : "the text ends too early", at: 0) }
    }

    private mutating func readStructure(
        _ byte: UInt8,
        at offset: Int,
        to handler: inout some JSONHandler
    ) throws(JSONSyntaxError) {
        switch (state, byte) {
        case (.valueOrArrayEnd, UInt8(ascii: "]")),
            (.commaOrEnd, UInt8(ascii: "]")) where !isInObject:
            leave()
            handler.endArray()
        case (.keyOrObjectEnd, UInt8(ascii: "}")),
            (.commaOrEnd, UInt8(ascii: "}")) where isInObject:
            leave()
            handler.endObject()
        case (.commaOrEnd, UInt8(ascii: ",")): state = isInObject ? .key : .value
        case (.keyOrObjectEnd, UInt8(ascii: "\"")), (.key, UInt8(ascii: "\"")): beginString(isKey: true, limit: 128)
        case (.colon, UInt8(ascii: ":")): state = .value
        case (.value, _), (.valueOrArrayEnd, _): try beginValue(byte, at: offset, to: &handler)
        default: throw unexpected(byte, at: offset)
        }
    }

    private mutating func beginValue(
        _ byte: UInt8,
        at offset: Int,
        to handler: inout some JSONHandler
    ) throws(JSONSyntaxError) {
        switch byte {
        case UInt8(ascii: "\""): beginString(isKey: false, limit: handler.stringLimit)
        case UInt8(ascii: "{"):
            try enter(object: true, at: offset)
            handler.beginObject()
        case UInt8(ascii: "["):
            try enter(object: false, at: offset)
            handler.beginArray()
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
            scratch.removeAll(keepingCapacity: true)
            state = .number
        case UInt8(ascii: "t"), UInt8(ascii: "f"), UInt8(ascii: "n"):
            scratch.removeAll(keepingCapacity: true)
            state = .literal
        case Self.byteOrderMark[0] where consumed + offset == 0: state = .byteOrderMark
        default: throw unexpected(byte, at: offset)
        }
    }

    private static let byteOrderMark: [UInt8] = [0xef, 0xbb, 0xbf]

    private mutating func readByteOrderMark(_ byte: UInt8, at offset: Int) throws(JSONSyntaxError) {
        let position = consumed + offset
        guard byte == Self.byteOrderMark[position] else { throw unexpected(byte, at: offset) }
        if position == 2 { state = .value }
    }

    private mutating func beginString(isKey: Bool, limit: Int) {
        readsKey = isKey
        self.limit = limit
        isSimple = true
        isTruncated = false
        scratch.removeAll(keepingCapacity: true)
        state = .string
    }

    private mutating func enter(object: Bool, at offset: Int) throws(JSONSyntaxError) {
        guard depth < Self.maxDepth else { throw error("nested more than \(Self.maxDepth) levels deep", at: offset) }
        depth += 1
        levels = levels << 1 | (object ? 1 : 0)
        state = object ? .keyOrObjectEnd : .valueOrArrayEnd
    }

    private mutating func leave() {
        depth -= 1
        levels >>= 1
        afterValue()
    }

    mutating func afterValue() {
        state = depth == 0 ? .end : .commaOrEnd
    }

    func error(_ message: String, at offset: Int, isSecondObject: Bool = false) -> JSONSyntaxError {
        JSONSyntaxError(message: message, offset: consumed + offset, isSecondObject: isSecondObject)
    }

    func unexpected(_ byte: UInt8, at offset: Int) -> JSONSyntaxError {
        let found =
            byte.isVisibleASCII
            ? "'\(Character(Unicode.Scalar(byte)))'" : "byte 0x\(String(byte, radix: 16, uppercase: true))"
        let expected =
            switch state {
            case .value, .valueOrArrayEnd, .byteOrderMark: "a value"
            case .keyOrObjectEnd, .key: "a field name in double quotes"
            case .colon: "':'"
            case .commaOrEnd: isInObject ? "',' or '}'" : "',' or ']'"
            case .end: "the end of the text"
            default: "something else"
            }
        let isSecondObject = state == .end && byte == UInt8(ascii: "{")
        return error("\(found) where \(expected) was expected", at: offset, isSecondObject: isSecondObject)
    }
}
