import NIOCore
import SendLogHTTP
import SendLogNetwork

/// Finds a server that other machines can reach without a proxy: it speaks no TLS, and limits clients by their address.
enum AddressCheck {
    /// Returns the finding about the address that the server listens on; `nil` if it is this machine's alone, or if a proxy
    /// is configured.
    static func finding(_ server: ServerSettings) -> DoctorFinding? {
        let name = ListenAddress(server).with(port: server.port)
        guard let address = try? SocketAddress.makeAddressResolvingHost(server.host, port: server.port) else {
            let message = "the server cannot listen on \(name): the host is unknown"
            return DoctorFinding(.address, .problem, message, advice: "choose another host with http.host (--host)")
        }
        guard server.proxies == TrustedProxies(), !isLoopback(address.ipAddress ?? "") else { return nil }
        return DoctorFinding(
            .address,
            .warning,
            "the server listens on \(name), which other machines can reach without TLS",
            advice: "put a proxy with TLS in front of it and name it in http.trustedProxies, or listen on 127.0.0.1"
        )
    }

    /// Returns whether an address is one that only this machine can reach.
    static func isLoopback(_ text: String) -> Bool {
        guard let address = IPAddress(text) else { return false }
        let plain = address.clientPrefix
        if plain.bytes.count == 4 { return plain.bytes[0] == 127 }
        return address == IPAddress("::1")
    }
}
