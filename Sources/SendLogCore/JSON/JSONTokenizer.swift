/// Splits a JSON text that arrives in pieces of any size into its parts, without keeping it.
///
/// Stricter than most where the standard (<https://www.rfc-editor.org/rfc/rfc8259>) leaves room: UTF-8 must be valid, surrogates
/// must come in pairs, and containers may be nested 64 deep. Memory is bounded by the handler's string limit.
public struct JSONTokenizer: Sendable {
    /// How deep containers may be nested.
    public static let deepest = 64

    enum State: Sendable {
        case value
        case valueOrArrayEnd
        case keyOrObjectEnd
        case key
        case colon
        case commaOrEnd
        case string
        case escape
        case unicodeEscape
        case lowSurrogateBackslash
        case lowSurrogateU
        case number
        case literal
        case end
    }

    var state = State.value
    /// Whether the string being read is a member's name.
    var readsKey = false
    /// What was gathered of a string or number that is not over, or that cannot be lent from the input.
    var scratch: [UInt8] = []
    var isSimple = true
    var isCut = false
    var limit = 0
    var utf8 = UTF8Check()
    /// Hex digits still to come, and the value of those seen.
    var hexLeft = 0
    var hexValue: UInt32 = 0
    var highSurrogate: UInt32 = 0
    /// One bit a level, innermost lowest: 1 is an object.
    private var levels: UInt64 = 0
    private(set) var depth = 0
    /// Bytes of earlier pieces.
    private var consumed = 0

    /// Makes a tokenizer that expects the beginning of a text.
    public init() {}

    /// Expects the beginning of a text again, in the memory of this one.
    public mutating func reset() {
        var scratch = scratch
        scratch.removeAll(keepingCapacity: true)
        self = JSONTokenizer()
        self.scratch = scratch
    }

    private var isInObject: Bool { levels & 1 == 1 }

    /// Whether nothing but white space was seen so far.
    public var isBlank: Bool { state == .value && depth == 0 }

    /// Reads the next piece of the text.
    ///
    /// - Throws: what is wrong with the text; nothing more can be read then.
    public mutating func feed(
        _ bytes: UnsafeBufferPointer<UInt8>,
        to handler: inout some JSONHandler
    ) throws(JSONSyntaxError) {
        var place = 0
        while place < bytes.count {
            switch state {
            case .string:
                place = try readString(bytes, from: place, to: &handler)
            case .escape, .unicodeEscape, .lowSurrogateBackslash, .lowSurrogateU:
                try readEscape(bytes[place], at: place)
                place += 1
            case .number:
                place = try readNumber(bytes, from: place, to: &handler)
            case .literal:
                place = try readLiteral(bytes, from: place, to: &handler)
            default:
                if state == .commaOrEnd {
                    place += handler.takeElements(UnsafeBufferPointer(rebasing: bytes[place...]))
                    if place == bytes.count { break }
                }
                let byte = bytes[place]
                if byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09 {
                    place += 1
                } else {
                    try readStructure(byte, at: place, to: &handler)
                    // A number or literal begins with the byte itself.
                    if state != .number && state != .literal { place += 1 }
                }
            }
        }
        consumed += bytes.count
    }

    /// Says that the text is over.
    ///
    /// - Throws: where it ended too early, or was empty.
    public mutating func finish(to handler: inout some JSONHandler) throws(JSONSyntaxError) {
        if state == .number { try endNumber(at: 0, to: &handler) }
        if state == .literal { try endLiteral(at: 0, to: &handler) }
        guard state == .end else {
            throw error(isBlank ? "the text is empty" : "the text ends too early", at: 0)
        }
    }

    private mutating func readStructure(
        _ byte: UInt8,
        at place: Int,
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
        case (.commaOrEnd, UInt8(ascii: ",")):
            state = isInObject ? .key : .value
        case (.keyOrObjectEnd, UInt8(ascii: "\"")), (.key, UInt8(ascii: "\"")):
            beginString(isKey: true, limit: 128)
        case (.colon, UInt8(ascii: ":")):
            state = .value
        case (.value, _), (.valueOrArrayEnd, _):
            try beginValue(byte, at: place, to: &handler)
        default:
            throw unexpected(byte, at: place)
        }
    }

    private mutating func beginValue(
        _ byte: UInt8,
        at place: Int,
        to handler: inout some JSONHandler
    ) throws(JSONSyntaxError) {
        switch byte {
        case UInt8(ascii: "\""):
            beginString(isKey: false, limit: handler.stringLimit)
        case UInt8(ascii: "{"):
            try enter(object: true, at: place)
            handler.beginObject()
        case UInt8(ascii: "["):
            try enter(object: false, at: place)
            handler.beginArray()
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
            scratch.removeAll(keepingCapacity: true)
            state = .number
        case UInt8(ascii: "t"), UInt8(ascii: "f"), UInt8(ascii: "n"):
            scratch.removeAll(keepingCapacity: true)
            state = .literal
        default:
            throw unexpected(byte, at: place)
        }
    }

    private mutating func beginString(isKey: Bool, limit: Int) {
        readsKey = isKey
        self.limit = limit
        isSimple = true
        isCut = false
        scratch.removeAll(keepingCapacity: true)
        state = .string
    }

    private mutating func enter(object: Bool, at place: Int) throws(JSONSyntaxError) {
        guard depth < Self.deepest else {
            throw error("nested more than \(Self.deepest) levels deep", at: place)
        }
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

    func error(_ message: String, at place: Int) -> JSONSyntaxError {
        JSONSyntaxError(message: message, offset: consumed + place)
    }

    func unexpected(_ byte: UInt8, at place: Int) -> JSONSyntaxError {
        let found =
            (0x21...0x7e).contains(byte)
            ? "'\(Character(Unicode.Scalar(byte)))'" : "byte 0x\(String(byte, radix: 16, uppercase: true))"
        let expected =
            switch state {
            case .value, .valueOrArrayEnd: "a value"
            case .keyOrObjectEnd, .key: "a field name in double quotes"
            case .colon: "':'"
            case .commaOrEnd: isInObject ? "',' or '}'" : "',' or ']'"
            case .end: "the end of the text"
            default: "something else"
            }
        return error("\(found) where \(expected) was expected", at: place)
    }
}
