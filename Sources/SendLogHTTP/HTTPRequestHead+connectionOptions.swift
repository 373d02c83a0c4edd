import NIOHTTP1

/// Reads a client's version of HTTP, and whether it asks for another protocol, or asks to close the connection.
extension HTTPRequestHead {
    /// Whether the client uses HTTP/1.0 or an older version.
    var isHTTP10: Bool { version.major < 1 || version.major == 1 && version.minor == 0 }

    /// Whether the client asks for another protocol or for a tunnel through this server
    /// (<https://www.rfc-editor.org/rfc/rfc9110#section-7.8>).
    var requestsProtocolSwitch: Bool { method == .CONNECT || headers.contains(name: "upgrade") }
}

extension HTTPHeaders {
    /// Whether the client asks to close the connection after the response
    /// (<https://www.rfc-editor.org/rfc/rfc9110#section-7.6.1>).
    var requestsClose: Bool {
        guard contains(name: "connection") else { return false }
        return self[canonicalForm: "connection"].contains { $0.trimmingBlanks.matches("close") }
    }
}
