/// A small JSON text as a tree, such as the body of a search.
public indirect enum JSONValue: Equatable, Sendable {
    /// A number, true, false or null.
    case scalar(JSONScalar)
    /// A string.
    case string(String)
    /// An array.
    case array([JSONValue])
    /// An object with its members in the order of the text; names may repeat.
    case object([JSONMember])

    /// Parses a complete text.
    ///
    /// - Parameters:
    ///   - bytes: the text
    ///   - blank: the value of a text of only white space; `nil` to refuse it
    /// - Throws: a syntax error.
    public init(utf8 bytes: UnsafeBufferPointer<UInt8>, blank: JSONValue? = nil) throws(JSONSyntaxError) {
        var tokenizer = JSONTokenizer()
        var builder = JSONTreeBuilder(stringLimit: bytes.count)
        try tokenizer.feed(bytes, to: &builder)
        if let blank, tokenizer.isBlank {
            self = blank
        } else {
            try tokenizer.finish(to: &builder)
            self = builder.root
        }
    }

    /// The name of the value's kind, for error messages.
    public var kind: String {
        switch self {
        case .scalar(let scalar): scalar.kind
        case .string: "a string"
        case .array: "an array"
        case .object: "an object"
        }
    }
}

/// A member of a JSON object.
public struct JSONMember: Equatable, Sendable {
    /// The name; a parsed one is truncated to 128 bytes.
    public let name: String
    /// The value.
    public let value: JSONValue

    /// Creates a member.
    public init(name: String, value: JSONValue) {
        (self.name, self.value) = (name, value)
    }
}

/// Builds the tree of a text from its tokens.
package struct JSONTreeBuilder: JSONHandler {
    /// See ``JSONHandler``.
    package let stringLimit: Int
    /// The value, once the text is complete.
    package private(set) var root = JSONValue.scalar(.null)
    /// The open containers, outermost first, each with the name of the member whose value is next.
    private var open: [(isObject: Bool, elements: [JSONValue], members: [JSONMember], name: String)] = []

    /// Creates a builder that keeps so many bytes of each string.
    package init(stringLimit: Int) { self.stringLimit = stringLimit }

    /// See ``JSONHandler``.
    package mutating func beginObject() { open.append((true, [], [], "")) }
    /// See ``JSONHandler``.
    package mutating func beginArray() { open.append((false, [], [], "")) }
    /// See ``JSONHandler``.
    package mutating func endObject() { add(.object(open.removeLast().members)) }
    /// See ``JSONHandler``.
    package mutating func endArray() { add(.array(open.removeLast().elements)) }
    /// See ``JSONHandler``.
    package mutating func key(_ text: borrowing JSONText) { open[open.count - 1].name = text.string }
    /// See ``JSONHandler``.
    package mutating func string(_ text: borrowing JSONText) { add(.string(text.string)) }
    /// See ``JSONHandler``.
    package mutating func scalar(_ scalar: JSONScalar) { add(.scalar(scalar)) }

    private mutating func add(_ value: JSONValue) {
        let last = open.count - 1
        if last < 0 {
            root = value
        } else if open[last].isObject {
            open[last].members.append(JSONMember(name: open[last].name, value: value))
        } else {
            open[last].elements.append(value)
        }
    }
}
