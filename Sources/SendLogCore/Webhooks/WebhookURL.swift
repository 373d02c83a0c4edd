import SendLogNetwork

/// The template of a URL, of which nothing that a send brings in can change more than its own place.
///
/// Scheme, host and port have no fields. Behind them fields are percent-encoded
/// (<https://www.rfc-editor.org/rfc/rfc3986>); what people wrote may stand behind the `?` only. All else is sent byte for
/// byte as it was saved.
public struct WebhookURL: Equatable, Sendable {
    /// The template as it was written.
    public let text: String
    /// `http` or `https`.
    public let scheme: String
    /// The host in lower case: a name or an address, of IPv6 without its brackets.
    public let host: String
    /// The port.
    public let port: Int
    /// Scheme, host and port as they were written.
    private let origin: String
    private let template: WebhookTemplate
    /// The longest template in bytes.
    public static let longest = 2048

    /// Takes a template.
    ///
    /// - Parameters:
    ///   - text: the template
    ///   - isStored: whether it was saved before; then a host that no request can be sent to is accepted
    /// - Throws: what is wrong with it, under the path `url`.
    public init(_ text: String, isStored: Bool = false) throws(InvalidInput) {
        func refusal(_ message: String) -> InvalidInput { InvalidInput(path: "url", message) }
        guard text.utf8.count <= Self.longest else { throw refusal("must be at most 2,048 bytes long") }
        guard let scheme = ["http", "https"].first(where: { text.lowercased().hasPrefix("\($0)://") }) else {
            throw refusal("must begin with https:// or http://")
        }
        let template = try WebhookTemplate(text, at: "url")
        guard case .text(let first)? = template.pieces.first, first.count > scheme.utf8.count + 3 else {
            throw refusal("must name its host; {{…}} may not stand there")
        }
        let rest = first[(scheme.utf8.count + 3)...]
        let ends = "/?#".utf8
        let authority = rest.prefix { !ends.contains($0) }
        if authority.count == rest.count, template.pieces.count > 1 {
            throw refusal("must have its host and port as they are, and a / behind them before any {{…}}")
        }
        (host, port) = try Self.authority(String(decoding: authority, as: UTF8.self), scheme: scheme)
        if !isStored { try Self.check(host: host) }
        let length = scheme.utf8.count + 3 + authority.count
        try Self.check(template, behind: length)
        origin = String(decoding: first[..<length], as: UTF8.self)
        self.text = text
        self.scheme = scheme
        self.template = template
    }

    private static func authority(_ text: String, scheme: String) throws(InvalidInput) -> (String, Int) {
        if text.contains("@") { throw InvalidInput(path: "url", "must not have a user name or password; use a header") }
        var (host, port) = (text[...], scheme == "https" ? 443 : 80)
        let end = text.lastIndex(of: "]") ?? text.startIndex
        if let colon = text[end...].lastIndex(of: ":") {
            let digits = text[text.index(after: colon)...]
            guard let number = Int(digits), (1...65_535).contains(number), digits.utf8.allSatisfy({ $0 != 0x2b }) else {
                throw InvalidInput(path: "url", "has a port that is no number from 1 to 65535")
            }
            port = number
            host = text[..<colon]
        }
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
            let isAddress = host.utf8.allSatisfy { byte in
                Character(Unicode.Scalar(byte)).isHexDigit || byte == UInt8(ascii: ":") || byte == UInt8(ascii: ".")
            }
            guard isAddress, host.contains(":") else {
                throw InvalidInput(path: "url", "has no IPv6 address in its [ ]")
            }
            return (String(host), port)
        }
        let isName = host.utf8.allSatisfy { $0.isUnreserved && $0 != UInt8(ascii: "~") }
        guard !host.isEmpty, isName, host.utf8.count <= 253 else {
            throw InvalidInput(
                path: "url",
                "must name a host of letters, digits, dots and hyphens; other letters as xn--… has them"
            )
        }
        return (host.lowercased(), port)
    }

    /// Refuses a host that can be neither an address nor a name, so that no request could be sent to it.
    private static func check(host: String) throws(InvalidInput) {
        if host.contains(":") {
            guard IPAddress(host) != nil else { throw InvalidInput(path: "url", "has no IPv6 address in its [ ]") }
            return
        }
        let labels = host.split(separator: ".", omittingEmptySubsequences: false)
        // A dot at the end is the root's (https://www.rfc-editor.org/rfc/rfc1034#section-3.1).
        let names = labels.last?.isEmpty == true ? labels.dropLast() : labels[...]
        guard let last = names.last, names.allSatisfy({ (1...63).contains($0.utf8.count) }) else {
            throw InvalidInput(path: "url", "must name a host whose parts between dots have 1 to 63 characters")
        }
        // What ends in a number is an address (https://url.spec.whatwg.org/#ends-in-a-number-checker).
        let isDecimal = last.utf8.allSatisfy { (0x30...0x39).contains($0) }
        let isHexadecimal = last.hasPrefix("0x") && last.dropFirst(2).allSatisfy(\.isHexDigit)
        if isDecimal || isHexadecimal, !IPAddress.isIPv4(host) {
            throw InvalidInput(path: "url", "has a host that ends in a number and is no IPv4 address")
        }
    }

    /// Looks at what comes behind scheme and authority, which take so many bytes.
    private static func check(_ template: WebhookTemplate, behind authority: Int) throws(InvalidInput) {
        var (isQuery, place) = (false, 0)
        for piece in template.pieces {
            switch piece {
            case .text(let bytes):
                try check(bytes[(place == 0 ? authority : 0)...])
                isQuery = isQuery || bytes.contains(UInt8(ascii: "?"))
                place += bytes.count
            case .field(let field) where field.isFreeText && !isQuery:
                throw InvalidInput(
                    path: "url",
                    "may have {{\(field.rawValue)}} only behind its ?, since people write it"
                )
            case .field: break
            }
        }
    }

    /// Text outside of fields must be as URLs have it, since it is sent as it is.
    private static func check(_ bytes: ArraySlice<UInt8>) throws(InvalidInput) {
        if bytes.contains(UInt8(ascii: "#")) {
            throw InvalidInput(path: "url", "must not have a # part, which is never sent")
        }
        for (place, byte) in zip(bytes.indices, bytes) {
            let digits = bytes[(place + 1)...].prefix(2)
            let isCode = digits.count == 2 && digits.allSatisfy { Character(Unicode.Scalar($0)).isHexDigit }
            guard byte > 0x20, byte < 0x7f, !"\"<>[\\]^`{|}".utf8.contains(byte), byte != UInt8(ascii: "%") || isCode
            else {
                throw InvalidInput(
                    path: "url",
                    "has \(byte > 0x20 && byte < 0x7f ? "a \(Character(Unicode.Scalar(byte)))" : "a blank or a letter") that must be percent-encoded"
                )
            }
        }
    }

    /// Host and port as they were written, as a `Host` field has them: without the scheme's own port
    /// (<https://www.rfc-editor.org/rfc/rfc9110#section-7.2>).
    var hostField: String {
        let authority = origin.dropFirst(scheme.count + 3)
        let suffix = scheme == "https" ? ":443" : ":80"
        return String(authority.hasSuffix(suffix) ? authority.dropLast(suffix.count) : authority)
    }

    /// The URL for a send.
    ///
    /// - Parameters:
    ///   - send: the send
    ///   - query: more parameters behind those of the template
    /// - Returns: the whole URL, and the part of it that the request line has: path and query, byte for byte as they were
    ///   saved, with a `/` where there is no path.
    func rendered(for send: WebhookSend, query: String? = nil) -> (url: String, target: String) {
        let url = template.rendered(for: send) { $0.isUnreserved }
        var target = String(url[url.utf8.index(url.startIndex, offsetBy: origin.utf8.count)...])
        if !target.hasPrefix("/") { target = "/" + target }
        if let query, !query.isEmpty { target += (target.contains("?") ? "&" : "?") + query }
        return (origin + target, target)
    }

    /// How often it has the message.
    var messages: Int { template.messages }

    /// Whether it says what the campaign is called.
    var namesCampaign: Bool { template.fields.contains(.campaignName) }
}

extension WebhookURL {
    /// The top-level members of a JSON object as query parameters: strings as they are, `null` as nothing, all else as JSON.
    ///
    /// - Returns: an empty text for what is no object.
    static func query(of json: [UInt8]) -> String {
        let value = json.withUnsafeBufferPointer { try? JSONValue(utf8: $0) }
        guard case .object(let members)? = value else { return "" }
        var bytes: [UInt8] = []
        for member in members {
            if !bytes.isEmpty { bytes.append("&") }
            bytes.appendPercentEncoded(Array(member.name.utf8)) { $0.isUnreserved }
            bytes.append("=")
            var text: [UInt8] = []
            switch member.value {
            case .string(let string): text = Array(string.utf8)
            case .scalar(.null): break
            default: member.value.write(to: &text)
            }
            bytes.appendPercentEncoded(text) { $0.isUnreserved }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

extension JSONValue {
    /// The names of an object's members.
    var names: [String] {
        guard case .object(let members) = self else { return [] }
        return members.map(\.name)
    }

    /// Appends the value as JSON, without white space.
    func write(to bytes: inout [UInt8]) {
        switch self {
        case .scalar(.null): bytes.append("null")
        case .scalar(.bool(let flag)): bytes.append(flag ? "true" : "false")
        case .scalar(.number(let number)): bytes.append(contentsOf: number.text.utf8)
        case .string(let text): bytes.appendJSON(text)
        case .array(let values):
            bytes.append("[")
            for (place, value) in values.enumerated() {
                if place > 0 { bytes.append(",") }
                value.write(to: &bytes)
            }
            bytes.append("]")
        case .object(let members):
            bytes.append("{")
            for (place, member) in members.enumerated() {
                if place > 0 { bytes.append(",") }
                bytes.appendJSON(member.name)
                bytes.append(":")
                member.value.write(to: &bytes)
            }
            bytes.append("}")
        }
    }
}
