import NIOHTTP1

/// A reason to refuse a request: it cannot be parsed, HTTP forbids it, or this server does not implement it.
public enum ProtocolFault: Equatable, Sendable {
    /// Bytes that are not a request of HTTP/1.0 or HTTP/1.1.
    case notHTTP
    /// A target or headers that are too long, or more than 256 headers.
    case headTooLong
    /// A header with a character that is not allowed.
    case headerInvalid
    /// A `Content-Length` that is not one number, or that comes with `Transfer-Encoding`.
    ///
    /// NIO's parser also refuses a tab after the number, although HTTP ignores it. Changing the bytes before they are
    /// parsed would need a second parser that always agrees with NIO's about where a head ends. Else a client could
    /// have its body read as a request.
    case contentLengthInvalid
    /// An HTTP/1.1 request without a `Host` header (<https://www.rfc-editor.org/rfc/rfc9112#section-3.2>).
    case hostMissing
    /// A request with more than one `Host` header.
    case hostRepeated
    /// A `Host` header that is not a host with an optional port.
    case hostInvalid
    /// A tab after `Transfer-Encoding: chunked`; see ``contentLengthInvalid``.
    case transferEncodingTab
    /// A `Transfer-Encoding` other than `chunked` (<https://www.rfc-editor.org/rfc/rfc9112#section-6.1>).
    case transferEncodingUnknown
    /// An `Expect` other than `100-continue` (<https://www.rfc-editor.org/rfc/rfc9110#section-10.1.1>).
    case expectationUnknown

    /// Creates the fault for an error of NIO's parser.
    init(parserError: any Error) {
        self =
            switch parserError as? HTTPParserError {
            case .headerOverflow: .headTooLong
            case .invalidHeaderToken: .headerInvalid
            case .invalidContentLength, .unexpectedContentLength: .contentLengthInvalid
            default: .notHTTP
            }
    }

    /// Finds the fault of a request; `nil` if it has none.
    init?(_ head: HTTPRequestHead) {
        var hosts = 0
        var fault: ProtocolFault?
        for (name, value) in head.headers {
            if name.matches("host") {
                hosts += 1
                if !Self.isHost(value.trimmingBlanks) { fault = fault ?? .hostInvalid }
            } else if name.matches("transfer-encoding") {
                let coding = value.trimmingBlanks
                if !coding.matches("chunked") {
                    fault = fault ?? .transferEncodingUnknown
                } else if value.utf8[coding.endIndex...].contains(UInt8(ascii: "\t")) {
                    fault = fault ?? .transferEncodingTab
                }
            } else if name.matches("expect"), !head.isHTTP10 {
                if !value.trimmingBlanks.matches("100-continue") { fault = fault ?? .expectationUnknown }
            }
        }
        if hosts > 1 {
            self = .hostRepeated
        } else if hosts == 0, !head.isHTTP10 {
            self = .hostMissing
        } else if let fault {
            self = fault
        } else {
            return nil
        }
    }

    /// Returns whether a text has only characters that are allowed in a host and its port
    /// (<https://www.rfc-editor.org/rfc/rfc3986#section-3.2.2>).
    private static func isHost(_ text: Substring) -> Bool {
        text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f && !"/?#@\\\"<>^`{|}".utf8.contains($0) }
    }
}

extension StringProtocol {
    /// Returns whether the text equals a lower-case ASCII text, ignoring case.
    func matches(_ other: StaticString) -> Bool {
        guard utf8.count == other.utf8CodeUnitCount else { return false }
        var next = other.utf8Start
        for byte in utf8 {
            let isUpper = (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
            guard (isUpper ? byte | 0x20 : byte) == next.pointee else { return false }
            next += 1
        }
        return true
    }
}

extension StringProtocol where UTF8View: BidirectionalCollection {
    /// The text without leading and trailing spaces and tabs, which are not part of a header field's value
    /// (<https://www.rfc-editor.org/rfc/rfc9110#section-5.5>).
    var trimmingBlanks: SubSequence {
        func isBlank(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
        var (begin, end) = (utf8.startIndex, utf8.endIndex)
        while begin < end, isBlank(utf8[begin]) { begin = utf8.index(after: begin) }
        while begin < end, isBlank(utf8[utf8.index(before: end)]) { end = utf8.index(before: end) }
        return self[begin..<end]
    }
}
