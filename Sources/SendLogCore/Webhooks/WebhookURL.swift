import SendLogNetwork

/// The template of a URL, in which the value of a field cannot change other parts of the URL.
///
/// Scheme, host and port have no fields. After them, fields are percent-encoded
/// (<https://www.rfc-editor.org/rfc/rfc3986>); free-text fields are allowed only after the `?`. The rest of the
/// template is sent byte for byte as it was saved.
public struct WebhookURL: Equatable, Sendable {
    /// The template as the user wrote it.
    public let text: String
    /// `http` or `https`.
    public let scheme: String
    /// The host in lower case: a name or an IP address; an IPv6 address is without its brackets.
    public let host: String
    /// The port; if the URL has none, the scheme's default port.
    public let port: Int
    /// Scheme, host and port as the user wrote them.
    private let origin: String
    private let template: WebhookTemplate
    /// The maximum length of a template in bytes.
    public static let maxLength = 2048

    /// Parses a template; if it comes from the store, a host that no request can reach is accepted.
    ///
    /// - Throws: ``InvalidInput`` with the path `url`.
    public init(_ text: String, isStored: Bool = false) throws(InvalidInput) {
        guard text.utf8.count <= Self.maxLength else { throw Self.invalid("must be at most 2,048 bytes long") }
        guard let scheme = ["http", "https"].first(where: { text.lowercased().hasPrefix("\($0)://") }) else {
            throw Self.invalid("must begin with https:// or http://")
        }
        let template = try WebhookTemplate(text, at: "url")
        guard case .text(let first)? = template.pieces.first, first.count > scheme.utf8.count + 3 else {
            throw Self.invalid("must have a host after \(scheme)://, without {{…}}")
        }
        let rest = first[(scheme.utf8.count + 3)...]
        let ends = "/?#".utf8
        let authority = rest.prefix { !ends.contains($0) }
        if authority.count == rest.count, template.pieces.count > 1 {
            throw Self.invalid("must have a host and port without {{…}}; put a / between them and the first {{…}}")
        }
        (host, port) = try Self.authority(String(decoding: authority, as: UTF8.self), scheme: scheme)
        if !isStored { try Self.check(host: host) }
        let length = scheme.utf8.count + 3 + authority.count
        try Self.check(template, after: length)
        origin = String(decoding: first[..<length], as: UTF8.self)
        self.text = text
        self.scheme = scheme
        self.template = template
    }

    private static func invalid(_ message: String) -> InvalidInput { InvalidInput(path: "url", message) }
    private static let invalidIPv6 = invalid("must have a valid IPv6 address between [ and ]")

    private static func authority(_ text: String, scheme: String) throws(InvalidInput) -> (String, Int) {
        if text.contains("@") {
            throw invalid("must not have a user name or password; send them in a header")
        }
        var (host, port) = (text[...], scheme == "https" ? 443 : 80)
        let end = text.lastIndex(of: "]") ?? text.startIndex
        if let colon = text[end...].lastIndex(of: ":") {
            let digits = text[text.index(after: colon)...]
            guard let number = Int(digits), (1...65_535).contains(number), digits.utf8.allSatisfy({ $0 != 0x2b }) else {
                throw invalid("must have a port from 1 to 65535")
            }
            port = number
            host = text[..<colon]
        }
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
            let isAddress = host.utf8.allSatisfy { $0.hexDigitValue != nil || ":.".utf8.contains($0) }
            guard isAddress, host.contains(":") else { throw invalidIPv6 }
            return (String(host), port)
        }
        let isName = host.utf8.allSatisfy { $0.isUnreserved && $0 != UInt8(ascii: "~") }
        guard !host.isEmpty, isName, host.utf8.count <= 253 else {
            throw invalid(
                "must have a host of letters, digits, dots and hyphens; write other letters in Punycode (xn--…)"
            )
        }
        return (host.lowercased(), port)
    }

    /// Rejects a host that is neither a valid IP address nor a valid name, because no request could reach it.
    private static func check(host: String) throws(InvalidInput) {
        if host.contains(":") {
            guard IPAddress(host) != nil else { throw invalidIPv6 }
            return
        }
        let labels = host.split(separator: ".", omittingEmptySubsequences: false)
        // A trailing dot denotes the root (https://www.rfc-editor.org/rfc/rfc1034#section-3.1).
        let names = labels.last?.isEmpty == true ? labels.dropLast() : labels[...]
        guard let last = names.last, names.allSatisfy({ (1...63).contains($0.utf8.count) }) else {
            throw invalid("must have a host with 1 to 63 characters between the dots")
        }
        // A host that ends in a number is an IPv4 address (https://url.spec.whatwg.org/#ends-in-a-number-checker).
        let isDecimal = last.utf8.allSatisfy(\.isASCIIDigit)
        let isHexadecimal = last.hasPrefix("0x") && last.utf8.dropFirst(2).allSatisfy { $0.hexDigitValue != nil }
        if isDecimal || isHexadecimal, !IPAddress.isIPv4(host) {
            throw invalid("has a host that ends in a number but is not an IPv4 address")
        }
    }

    /// Checks the template after scheme and authority, whose length in bytes is `authority`.
    private static func check(_ template: WebhookTemplate, after authority: Int) throws(InvalidInput) {
        var (isQuery, index) = (false, 0)
        for piece in template.pieces {
            switch piece {
            case .text(let bytes):
                try check(bytes[(index == 0 ? authority : 0)...])
                isQuery = isQuery || bytes.contains(UInt8(ascii: "?"))
                index += bytes.count
            case .field(let field) where field.isFreeText && !isQuery:
                throw invalid("can have {{\(field.rawValue)}} in its query only, after the ?")
            case .field: break
            }
        }
    }

    /// Checks text outside of fields, which must be percent-encoded already because it is sent as it is.
    private static func check(_ bytes: ArraySlice<UInt8>) throws(InvalidInput) {
        if bytes.contains(UInt8(ascii: "#")) {
            throw invalid("must not have a fragment (#), because it is never sent")
        }
        for (index, byte) in zip(bytes.indices, bytes) {
            let digits = bytes[(index + 1)...].prefix(2)
            let isCode = digits.count == 2 && digits.allSatisfy { $0.hexDigitValue != nil }
            guard byte.isVisibleASCII, !"\"<>[\\]^`{|}".utf8.contains(byte), byte != UInt8(ascii: "%") || isCode else {
                let character = byte.isVisibleASCII ? String(Unicode.Scalar(byte)) : nil
                let found = character ?? "space, a control character or a non-ASCII character"
                throw invalid("has a \(found) that must be percent-encoded")
            }
        }
    }

    /// The value of the `Host` header: host and port as the user wrote them, without the scheme's default port
    /// (<https://www.rfc-editor.org/rfc/rfc9110#section-7.2>).
    var hostField: String {
        let authority = origin.dropFirst(scheme.count + 3)
        let suffix = scheme == "https" ? ":443" : ":80"
        return String(authority.hasSuffix(suffix) ? authority.dropLast(suffix.count) : authority)
    }

    /// Renders the URL for a send, with additional query parameters.
    ///
    /// - Returns: the whole URL, and the request target: path (at least `/`) and query, byte for byte as saved.
    func rendered(for send: WebhookSend, query: String? = nil) -> (url: String, target: String) {
        let url = template.rendered(for: send) { $0.isUnreserved }
        var target = String(url[url.utf8.index(url.startIndex, offsetBy: origin.utf8.count)...])
        if !target.hasPrefix("/") { target = "/" + target }
        if let query, !query.isEmpty { target += (target.contains("?") ? "&" : "?") + query }
        return (origin + target, target)
    }

    /// The number of `{{send.message}}` fields.
    var messageCount: Int { template.messageCount }

    /// Whether the template has a `{{campaign.name}}` field.
    var usesCampaignName: Bool { template.fields.contains(.campaignName) }
}

extension WebhookURL {
    /// Returns the top-level members of a JSON object as query parameters; empty if the JSON is not an object.
    ///
    /// A string is its text, `null` is empty, and any other value is JSON.
    static func query(of json: [UInt8]) -> String {
        let value = json.withUnsafeBufferPointer { try? JSONValue(utf8: $0) }
        guard case .object(let members)? = value else { return "" }
        var bytes: [UInt8] = []
        for member in members {
            if !bytes.isEmpty { bytes.append("&") }
            bytes.appendPercentEncoded(member.name.utf8) { $0.isUnreserved }
            bytes.append("=")
            var text: [UInt8] = []
            switch member.value {
            case .string(let string): text = Array(string.utf8)
            case .scalar(.null): break
            default: member.value.writeJSON(to: &text)
            }
            bytes.appendPercentEncoded(text) { $0.isUnreserved }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
