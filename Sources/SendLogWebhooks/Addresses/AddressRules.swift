import SendLogCore
import SendLogNetwork

/// Which addresses webhooks may go to: those of the public internet, and what the operator allows.
public struct AddressRules: Sendable {
    private let networks: [IPNetwork]
    private let hosts: Set<String>

    /// Takes what the operator allows beyond the public internet.
    ///
    /// - Parameter allowed: networks (`10.0.0.0/8`), addresses and names of hosts, with commas between them
    /// - Throws: ``Refusal`` that names the part which is none of these.
    public init(allowing allowed: String = "") throws(Refusal) {
        var (networks, hosts): ([IPNetwork], Set<String>) = ([], [])
        for part in allowed.split(separator: ",").map({ $0.filter { $0 != " " } }) where !part.isEmpty {
            if let network = IPNetwork(part) {
                networks.append(network)
            } else if Self.isName(part) {
                hosts.insert(part.lowercased())
            } else {
                throw Refusal(part: part)
            }
        }
        self.networks = networks
        self.hosts = hosts
    }

    /// A part of the list that cannot be understood.
    public struct Refusal: Error {
        /// The part.
        public let part: String
    }

    /// A name has a letter; what has digits and dots alone is an address that went wrong.
    private static func isName(_ text: String) -> Bool {
        let isPlain = text.utf8.allSatisfy { byte in
            "-._".utf8.contains(byte) || (0x30...0x39).contains(byte) || (0x61...0x7a).contains(byte | 0x20)
        }
        return isPlain && text.utf8.contains { (0x61...0x7a).contains($0 | 0x20) } && !text.hasPrefix("0x")
    }

    /// Whether a request for a host may go to an address.
    func allows(_ address: IPAddress, for host: String) -> Bool {
        hosts.contains(host.lowercased()) || networks.contains { $0.contains(address) } || Self.isPublic(address)
    }

    /// Whether an address is one of the public internet.
    static func isPublic(_ address: IPAddress) -> Bool {
        if address.bytes.count == 4 { return !special4.contains { $0.contains(address) } }
        if let embedded = address.embedded { return isPublic(embedded) }
        return global6.contains { $0.contains(address) } && !special6.contains { $0.contains(address) }
    }

    /// What is not for the public (<https://www.iana.org/assignments/iana-ipv4-special-registry>), metadata services within 169.254.0.0/16 among it.
    private static let special4 = [
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "168.63.129.16/32", "169.254.0.0/16",
        "172.16.0.0/12", "192.0.0.0/24",
        "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
        "224.0.0.0/4", "240.0.0.0/4",
    ].compactMap { IPNetwork($0) }

    /// All that is given out to the public (<https://www.iana.org/assignments/ipv6-address-space>); the rest is local, multicast or nobody's.
    private static let global6 = ["2000::/3"].compactMap { IPNetwork($0) }

    /// What of that is not (<https://www.iana.org/assignments/iana-ipv6-special-registry>).
    private static let special6 = [
        "2001::/23", "2001:db8::/32", "3fff::/20",
    ].compactMap { IPNetwork($0) }
}
