#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// An address of IPv4 (4 bytes) or IPv6 (16 bytes).
package struct IPAddress: Hashable, Sendable, CustomStringConvertible {
    /// The bytes in network order.
    package let bytes: [UInt8]

    /// Takes a text such as `10.0.0.1` or `2001:db8::1`, in no other notation.
    package init?(_ text: String) {
        var (four, six) = (in_addr(), in6_addr())
        if inet_pton(AF_INET, text, &four) == 1 {
            bytes = withUnsafeBytes(of: &four) { Array($0) }
        } else if inet_pton(AF_INET6, text, &six) == 1 {
            bytes = withUnsafeBytes(of: &six) { Array($0) }
        } else {
            return nil
        }
    }

    /// Takes 4 or 16 bytes.
    package init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// Takes a socket's address of a family; `nil` for families other than those of IPv4 and IPv6.
    package init?(_ socketAddress: UnsafeRawPointer, family: Int32) {
        switch family {
        case AF_INET:
            bytes = withUnsafeBytes(of: socketAddress.loadUnaligned(as: sockaddr_in.self).sin_addr) { Array($0) }
        case AF_INET6:
            bytes = withUnsafeBytes(of: socketAddress.loadUnaligned(as: sockaddr_in6.self).sin6_addr) { Array($0) }
        default: return nil
        }
    }

    /// Whether a text is an IPv4 address in any notation of `inet_aton`: `127.1`, `2130706433`, `0x7f.0.0.1`.
    package static func isIPv4(_ text: String) -> Bool {
        var address = in_addr()
        return inet_aton(text, &address) != 0
    }

    /// Such as `10.0.0.1` or `2001:db8::1`.
    package var description: String {
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        let family = bytes.count == 4 ? AF_INET : AF_INET6
        bytes.withUnsafeBytes { _ = inet_ntop(family, $0.baseAddress, &text, socklen_t(text.count)) }
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// The address of IPv4 that one of IPv6 stands for, by whatever way it gets there.
    package var embedded: IPAddress? {
        guard bytes.count == 16 else { return nil }
        // ::ffff:0:0/96 mapped, ::/96 compatible (https://www.rfc-editor.org/rfc/rfc4291#section-2.5.5),
        // 64:ff9b::/96 translated (https://www.rfc-editor.org/rfc/rfc6052).
        let mapped = [UInt8](repeating: 0, count: 10) + [0xff, 0xff]
        let compatible = [UInt8](repeating: 0, count: 12)
        let translated: [UInt8] = [0, 0x64, 0xff, 0x9b] + [UInt8](repeating: 0, count: 8)
        if [mapped, compatible, translated].contains(Array(bytes[..<12])) { return IPAddress(Array(bytes[12...])) }
        // 2002::/16 (https://www.rfc-editor.org/rfc/rfc3056).
        return bytes[0] == 0x20 && bytes[1] == 0x02 ? IPAddress(Array(bytes[2..<6])) : nil
    }
}

extension IPAddress {
    /// What one client has for itself: the address of IPv4, or the network of 64 bits of IPv6
    /// (<https://www.rfc-editor.org/rfc/rfc6177>), from which it may choose any address.
    package var client: IPAddress {
        guard bytes.count == 16 else { return self }
        // A socket of both families shows addresses of IPv4 as mapped ones.
        if bytes[..<10].allSatisfy({ $0 == 0 }), bytes[10] == 0xff, bytes[11] == 0xff {
            return IPAddress(Array(bytes[12...]))
        }
        return IPAddress(Array(bytes[..<8]) + [UInt8](repeating: 0, count: 8))
    }
}

/// The addresses that share their first bits.
package struct IPNetwork: Hashable, Sendable {
    private let base: IPAddress
    private let bits: Int

    /// Takes a text such as `10.0.0.0/8`, or an address alone.
    package init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = parts.first, let base = IPAddress(String(first)) else { return nil }
        let most = base.bytes.count * 8
        guard parts.count == 1 || Int(parts[1]).map({ (0...most).contains($0) }) == true else { return nil }
        self.base = base
        bits = parts.count == 1 ? most : Int(parts[1]) ?? most
    }

    /// Whether an address belongs to it.
    package func contains(_ address: IPAddress) -> Bool {
        guard address.bytes.count == base.bytes.count else { return false }
        let whole = bits / 8
        guard address.bytes[..<whole] == base.bytes[..<whole] else { return false }
        let mask = UInt8(truncatingIfNeeded: 0xff00 >> (bits % 8))
        return bits % 8 == 0 || address.bytes[whole] & mask == base.bytes[whole] & mask
    }
}
