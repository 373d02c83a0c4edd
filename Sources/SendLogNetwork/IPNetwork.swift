/// A network: the addresses that share a prefix.
package struct IPNetwork: Hashable, Sendable {
    private let base: IPAddress
    private let prefixLength: Int

    /// Parses a network such as `10.0.0.0/8`, or a single address.
    package init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = parts.first, let base = IPAddress(String(first)) else { return nil }
        let addressBits = base.bytes.count * 8
        guard parts.count == 1 || Int(parts[1]).map({ (0...addressBits).contains($0) }) == true else { return nil }
        self.base = base
        prefixLength = parts.count == 1 ? addressBits : Int(parts[1]) ?? addressBits
    }

    /// Returns whether an address belongs to the network.
    package func contains(_ address: IPAddress) -> Bool {
        guard address.bytes.count == base.bytes.count else { return false }
        let whole = prefixLength / 8
        guard address.bytes[..<whole] == base.bytes[..<whole] else { return false }
        let mask = UInt8(truncatingIfNeeded: 0xff00 >> (prefixLength % 8))
        return prefixLength % 8 == 0 || address.bytes[whole] & mask == base.bytes[whole] & mask
    }
}
