import NIOCore
package import SendLogNetwork

/// The proxies whose `X-Forwarded-For` headers are trusted.
public struct TrustedProxies: Equatable, Sendable {
    private let networks: [IPNetwork]

    /// Creates an empty list: no proxy is trusted.
    public init() { networks = [] }

    /// Parses a list of proxies.
    ///
    /// - Parameter text: addresses and networks (`10.0.0.0/8`), separated by commas; empty for none
    /// - Throws: ``InvalidEntry`` with the entry that is neither.
    public init(_ text: String) throws(InvalidEntry) {
        var networks: [IPNetwork] = []
        let parts = text.isEmpty ? [] : text.split(separator: ",", omittingEmptySubsequences: false)
        for part in parts.map({ String($0).trimmingBlanks }) {
            guard let network = IPNetwork(part) else { throw InvalidEntry(part: String(part)) }
            networks.append(network)
        }
        self.networks = networks
    }

    /// An error for an entry that is neither an address nor a network.
    public struct InvalidEntry: Error {
        /// The text of the entry.
        public let part: String
    }

    /// Returns whether an address belongs to a trusted proxy.
    package func contains(_ address: IPAddress) -> Bool {
        if networks.isEmpty { return false }
        let plain = address.unmapped
        return networks.contains { $0.contains(plain) }
    }

    /// Returns the client of a request that a proxy forwarded.
    ///
    /// Each proxy appends the address of its own client, and the original client may have sent any text before that
    /// (<https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/X-Forwarded-For>). The client is therefore the
    /// last address that is not a trusted proxy.
    ///
    /// - Parameters:
    ///   - lines: the values of the request's `X-Forwarded-For` fields
    ///   - proxy: the proxy that sent the request
    /// - Returns: the client; the last known proxy if the header has no valid entry there.
    package func client(forwardedFor lines: [String], by proxy: IPAddress) -> IPAddress {
        var client = proxy
        var hops = 0
        for line in lines.reversed() {
            var rest: Substring.UTF8View? = Substring(line).utf8
            while let before = rest, hops < Self.maxHops {
                hops += 1
                let comma = before.lastIndex(of: UInt8(ascii: ","))
                let part = comma.map { before[before.index(after: $0)...] } ?? before
                guard part.count <= Self.maxPartLength,
                    let address = Self.address(String(Substring(part)).trimmingBlanks)
                else { return client.unmapped }
                client = address
                if !contains(address) { return client.unmapped }
                rest = comma.map { before[..<$0] }
            }
        }
        return client.unmapped
    }

    /// The maximum number of proxies that are followed.
    private static let maxHops = 32
    /// The maximum length in bytes of an address with a port and whitespace.
    private static let maxPartLength = 128

    /// Parses an address, which some proxies write with a port: `10.0.0.1:80`, `[2001:db8::1]:80`.
    private static func address(_ text: Substring) -> IPAddress? {
        if let address = IPAddress(String(text)) { return address }
        if text.first == "[", let end = text.firstIndex(of: "]") {
            return IPAddress(String(text[text.index(after: text.startIndex)..<end]))
        }
        return text.firstIndex(of: ":").flatMap { IPAddress(String(text[..<$0])) }
    }
}

extension IPAddress {
    /// Converts a socket address; returns `nil` for families other than IPv4 and IPv6.
    init?(_ address: SocketAddress) {
        let family = Int32(address.protocol.rawValue)
        let found = address.withSockAddr { pointer, _ in IPAddress(UnsafeRawPointer(pointer), family: family) }
        guard let found else { return nil }
        self = found
    }
}
