/// A network: the addresses that share a prefix.
package struct IPNetwork: Hashable, Sendable {
    private let base: IPAddress
    private let prefixLength: Int

    /// Parses a network such as `10.0.0.0/8`, or a single address.
    ///
    /// The bits after the prefix must be 0: `10.0.0.1/8` is more likely an error for `10.0.0.1` than for `10.0.0.0/8`.
    package init?(_ text: some StringProtocol) {
        guard let (base, prefixLength) = Self.parts(of: text), base == Self.masked(base, prefixLength) else {
            return nil
        }
        (self.base, self.prefixLength) = (base, prefixLength)
    }

    /// Returns the network of an address with a prefix length: `10.0.0.0/8` for `10.0.0.1/8`; `nil` for other texts.
    package static func enclosing(_ text: some StringProtocol) -> String? {
        parts(of: text).map { "\(masked($0.base, $0.prefixLength))/\($0.prefixLength)" }
    }

    private static func parts(of text: some StringProtocol) -> (base: IPAddress, prefixLength: Int)? {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = parts.first, let base = IPAddress(String(first)) else { return nil }
        let addressBits = base.bytes.count * 8
        guard parts.count == 1 || Int(parts[1]).map({ (0...addressBits).contains($0) }) == true else { return nil }
        return (base, parts.count == 1 ? addressBits : Int(parts[1]) ?? addressBits)
    }

    /// Returns an address whose bits after a prefix are set to 0.
    private static func masked(_ address: IPAddress, _ prefixLength: Int) -> IPAddress {
        IPAddress(
            address.bytes.enumerated().map { index, byte in
                let bits = min(max(prefixLength - index * 8, 0), 8)
                return byte & UInt8(truncatingIfNeeded: 0xff00 >> bits)
            }
        )
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
