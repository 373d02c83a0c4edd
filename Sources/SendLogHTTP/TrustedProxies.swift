import NIOCore
import NIOHTTP1
package import SendLogNetwork

/// The proxies whose `X-Forwarded-For` is believed.
public struct TrustedProxies: Equatable, Sendable {
    private let networks: [IPNetwork]

    /// Trusts no proxy.
    public init() { networks = [] }

    /// Reads a list.
    ///
    /// - Parameter text: addresses and networks (`10.0.0.0/8`), with commas between them
    /// - Throws: ``Refusal`` that names the part which is neither.
    public init(_ text: String) throws(Refusal) {
        var networks: [IPNetwork] = []
        for part in text.split(separator: ",").map({ String($0).trimmingBlanks }) where !part.isEmpty {
            guard let network = IPNetwork(part) else { throw Refusal(part: String(part)) }
            networks.append(network)
        }
        self.networks = networks
    }

    /// A part of the list that is neither an address nor a network.
    public struct Refusal: Error {
        /// The part.
        public let part: String
    }

    /// Whether a connection from an address is a proxy's.
    package func contain(_ address: IPAddress) -> Bool {
        if networks.isEmpty { return false }
        let plain = address.client.bytes.count == 4 ? address.client : address
        return networks.contains { $0.contains(plain) }
    }

    /// The client of a request with these headers; see ``client(forwardedFor:by:)``.
    func client(of headers: HTTPHeaders, from proxy: IPAddress) -> IPAddress {
        client(forwardedFor: headers["x-forwarded-for"], by: proxy)
    }

    /// The client of a request that a proxy forwarded.
    ///
    /// Each proxy appends the address that it was called from, and the client may have written anything before that
    /// (<https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/X-Forwarded-For>): the client is the last one that is no proxy.
    ///
    /// - Parameters:
    ///   - lines: the values of the request's `X-Forwarded-For` fields
    ///   - proxy: the proxy from which the request came
    /// - Returns: the client; where the header says nothing that can be understood, the last proxy.
    package func client(forwardedFor lines: [String], by proxy: IPAddress) -> IPAddress {
        var client = proxy
        var hops = 0
        for line in lines.reversed() {
            var rest: Substring.UTF8View? = Substring(line).utf8
            while let before = rest, hops < Self.maxHops {
                hops += 1
                let comma = before.lastIndex(of: UInt8(ascii: ","))
                let part = comma.map { before[before.index(after: $0)...] } ?? before
                guard part.count <= Self.longestPart, let address = Self.address(String(Substring(part)).trimmingBlanks)
                else { return client.client }
                client = address
                if !contain(address) { return client.client }
                rest = comma.map { before[..<$0] }
            }
        }
        return client.client
    }

    /// How many proxies a request comes through at most.
    private static let maxHops = 32
    /// How long an address with a port and blanks is at most, in bytes.
    private static let longestPart = 128

    /// Reads an address, which some proxies write with a port: `10.0.0.1:80`, `[2001:db8::1]:80`.
    private static func address(_ text: Substring) -> IPAddress? {
        if let address = IPAddress(String(text)) { return address }
        if text.first == "[", let end = text.firstIndex(of: "]") {
            return IPAddress(String(text[text.index(after: text.startIndex)..<end]))
        }
        return text.firstIndex(of: ":").flatMap { IPAddress(String(text[..<$0])) }
    }
}

extension IPAddress {
    /// Takes the address of a connection's other end; `nil` for families other than those of IPv4 and IPv6.
    init?(_ address: SocketAddress) {
        let family = Int32(address.protocol.rawValue)
        let found = address.withSockAddr { pointer, _ in IPAddress(UnsafeRawPointer(pointer), family: family) }
        guard let found else { return nil }
        self = found
    }
}
