import Foundation
import SendLogCore
import SendLogHTTP
import SendLogNetwork

/// The address that the server listens on, as settings and messages write it.
struct ListenAddress {
    private let host: String
    private let port: Int

    /// Creates the address of a server's settings.
    init(_ settings: ServerSettings) {
        (host, port) = (settings.host, settings.port)
    }

    /// Parses the setting: a host name, an IPv4 address, or an IPv6 address with or without brackets.
    ///
    /// - Returns: the address without brackets.
    /// - Throws: ``ConfigurationError`` that says which values are valid.
    static func host(_ text: String, named name: String) throws(ConfigurationError) -> String {
        let isBracketed = text.hasPrefix("[") && text.hasSuffix("]")
        let host = isBracketed ? String(text.dropFirst().dropLast()) : text
        // An interface may follow: fe80::1%eth0.
        let address = host.prefix { $0 != "%" }
        let isValid =
            address.contains(":")
            ? IPAddress(String(address)) != nil
            : !isBracketed && host.utf8.allSatisfy { $0.isASCIIAlphanumeric || "-._".utf8.contains($0) }
        guard isValid else {
            throw ConfigurationError(
                "\(name) must be a host name or an IP address without a port, such as 127.0.0.1 or ::1, not \(text)"
            )
        }
        return host
    }

    /// Returns host and port as in a URL: `[::1]:8080`.
    func with(port: Int) -> String { "\(host.contains(":") ? "[\(host)]" : host):\(port)" }

    /// Returns why the server cannot listen, for an error code of the system, and which setting to change.
    func failure(code: Int32) -> String {
        let other = "choose another with http.port (--port)"
        return switch code {
        case EADDRINUSE: "\(problem): the address is already in use by another program; \(other)"
        case EACCES where port < 1024: "\(problem): permission denied, as for most ports below 1024; \(other)"
        case EADDRNOTAVAIL: "\(problem): this machine does not have the address; \(otherHost)"
        default: "\(problem): \(String(cString: strerror(code))); change http.host (--host) or http.port (--port)"
        }
    }

    /// The error for a host name without an address.
    var unknownHost: String { "\(problem): the host is unknown; \(otherHost)" }

    private var problem: String { "cannot listen on \(with(port: port))" }
    private var otherHost: String { "choose another with http.host (--host)" }
}
