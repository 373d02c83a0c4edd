import SendLogCore
import SendLogNetwork

/// The addresses that webhooks may connect to: the public internet, and what the operator allows.
public struct AddressRules: Sendable {
    private let networks: [IPNetwork]
    private let hosts: Set<String>

    /// Creates rules that allow the public internet and a list of further networks and hosts.
    ///
    /// - Parameter allowed: networks (`10.0.0.0/8`), addresses and host names, separated by commas; empty for none
    /// - Throws: ``InvalidEntry`` that names the invalid part.
    public init(allowing allowed: String = "") throws(InvalidEntry) {
        var (networks, hosts): ([IPNetwork], Set<String>) = ([], [])
        let parts = allowed.isEmpty ? [] : allowed.split(separator: ",", omittingEmptySubsequences: false)
        for part in parts.map({ $0.filter { $0 != " " } }) {
            if let network = IPNetwork(part) {
                networks.append(network)
            } else if Self.isName(part) {
                hosts.insert(part.lowercased())
            } else {
                throw InvalidEntry(part: part)
            }
        }
        self.networks = networks
        self.hosts = hosts
    }

    /// A part of the list that is neither a network, an address nor a host name.
    public struct InvalidEntry: Error {
        /// The invalid part.
        public let part: String
    }

    /// Returns whether a text is a host name.
    ///
    /// A name needs a letter: digits and dots alone are a mistyped address.
    private static func isName(_ text: String) -> Bool {
        let isPlain = text.utf8.allSatisfy { $0.isASCIIAlphanumeric || "-._".utf8.contains($0) }
        return isPlain && text.utf8.contains(where: \.isASCIILetter) && !text.hasPrefix("0x")
    }

    /// Returns whether a request for a host may go to an address.
    func allows(_ address: IPAddress, for host: String) -> Bool {
        hosts.contains(host.lowercased()) || networks.contains { $0.contains(address) } || Self.isPublic(address)
    }

    /// Returns whether an address belongs to the public internet.
    static func isPublic(_ address: IPAddress) -> Bool {
        if address.bytes.count == 4 { return !special4.contains { $0.contains(address) } }
        if let embeddedIPv4 = address.embeddedIPv4 { return isPublic(embeddedIPv4) }
        return global6.contains { $0.contains(address) } && !special6.contains { $0.contains(address) }
    }

    /// The IPv4 ranges that are not public (<https://www.iana.org/assignments/iana-ipv4-special-registry>), including
    /// metadata services in 169.254.0.0/16.
    private static let special4 = [
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "168.63.129.16/32", "169.254.0.0/16",
        "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15",
        "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
    ].compactMap { IPNetwork($0) }

    /// The IPv6 range of global unicast addresses (<https://www.iana.org/assignments/ipv6-address-space>).
    ///
    /// All others are local, multicast or unassigned.
    private static let global6 = ["2000::/3"].compactMap { IPNetwork($0) }

    /// The IPv6 ranges within ``global6`` that are not public
    /// (<https://www.iana.org/assignments/iana-ipv6-special-registry>).
    private static let special6 = ["2001::/23", "2001:db8::/32", "3fff::/20"].compactMap { IPNetwork($0) }
}
