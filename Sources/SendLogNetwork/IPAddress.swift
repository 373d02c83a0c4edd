#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// An IPv4 address (4 bytes) or IPv6 address (16 bytes).
package struct IPAddress: Hashable, Sendable, CustomStringConvertible {
    /// The bytes in network byte order.
    package let bytes: [UInt8]

    /// Parses an address such as `10.0.0.1` or `2001:db8::1`, in no other notation.
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

    /// Creates an address from 4 or 16 bytes.
    package init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// Creates an address from a socket address; `nil` if the family is neither IPv4 nor IPv6.
    package init?(_ socketAddress: UnsafeRawPointer, family: Int32) {
        switch family {
        case AF_INET:
            bytes = withUnsafeBytes(of: socketAddress.loadUnaligned(as: sockaddr_in.self).sin_addr) { Array($0) }
        case AF_INET6:
            bytes = withUnsafeBytes(of: socketAddress.loadUnaligned(as: sockaddr_in6.self).sin6_addr) { Array($0) }
        default: return nil
        }
    }

    /// Returns whether a text is an IPv4 address in any notation of `inet_aton`: `127.1`, `2130706433`, `0x7f.0.0.1`.
    package static func isIPv4(_ text: String) -> Bool {
        var address = in_addr()
        return inet_aton(text, &address) != 0
    }

    /// The address as text, such as `10.0.0.1` or `2001:db8::1`.
    package var description: String {
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        let family = bytes.count == 4 ? AF_INET : AF_INET6
        bytes.withUnsafeBytes { _ = inet_ntop(family, $0.baseAddress, &text, socklen_t(text.count)) }
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    private static let mapped = [UInt8](repeating: 0, count: 10) + [0xff, 0xff]

    /// The IPv4 address that an IPv6 address embeds: mapped, compatible, translated (NAT64) or 6to4.
    package var embeddedIPv4: IPAddress? {
        guard bytes.count == 16 else { return nil }
        // ::ffff:0:0/96 mapped, ::/96 compatible (https://www.rfc-editor.org/rfc/rfc4291#section-2.5.5),
        // 64:ff9b::/96 translated (https://www.rfc-editor.org/rfc/rfc6052).
        let compatible = [UInt8](repeating: 0, count: 12)
        let translated: [UInt8] = [0, 0x64, 0xff, 0x9b] + [UInt8](repeating: 0, count: 8)
        let prefixes = [Self.mapped, compatible, translated]
        if prefixes.contains(Array(bytes[..<12])) { return IPAddress(Array(bytes[12...])) }
        // 2002::/16 (https://www.rfc-editor.org/rfc/rfc3056).
        return bytes[0] == 0x20 && bytes[1] == 0x02 ? IPAddress(Array(bytes[2..<6])) : nil
    }
}

extension IPAddress {
    /// The address range that one client controls: the IPv4 address, or the /64 network of the IPv6 address
    /// (<https://www.rfc-editor.org/rfc/rfc6177>), within which the client may choose any address.
    package var clientPrefix: IPAddress {
        let plain = unmapped
        guard plain.bytes.count == 16 else { return plain }
        return IPAddress(Array(plain.bytes[..<8]) + [UInt8](repeating: 0, count: 8))
    }

    /// The IPv4 address that a dual-stack socket reports as a mapped IPv6 address; any other address itself.
    package var unmapped: IPAddress {
        guard bytes.count == 16, bytes.starts(with: Self.mapped) else { return self }
        return IPAddress(Array(bytes[12...]))
    }
}
