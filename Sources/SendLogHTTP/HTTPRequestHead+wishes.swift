import NIOHTTP1

extension HTTPRequestHead {
    /// Whether the client would rather speak another protocol, or through this server to another
    /// (<https://www.rfc-editor.org/rfc/rfc9110#section-7.8>).
    var wantsOtherProtocol: Bool { method == .CONNECT || headers.contains(name: "upgrade") }
}

extension HTTPHeaders {
    /// Whether the client wants the connection closed behind the answer (<https://www.rfc-editor.org/rfc/rfc9110#section-7.6.1>).
    var asksToClose: Bool {
        guard contains(name: "connection") else { return false }
        return self[canonicalForm: "connection"].contains { $0.trimmingBlanks.matches("close") }
    }
}
