import CLibPQ

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// The address of a PostgreSQL database: a URI in libpq's format.
///
/// See <https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING-URIS>. ``description`` holds no
/// password.
public struct PostgresLocation: Equatable, Sendable, CustomStringConvertible {
    /// The URI, including any secrets.
    private let uri: String
    /// The user, the servers and the database only: `postgres://sendlog@db1:5432,db2:5432/sends`.
    public let description: String
    /// The whole URI with `***` for each secret: `postgres://sendlog:***@db1/sends?sslmode=require`.
    public let masked: String

    /// The prefixes of a PostgreSQL URI.
    public static let schemes = ["postgres://", "postgresql://"]

    /// The reason why a text is not a PostgreSQL URI.
    public struct Invalid: Error, CustomStringConvertible {
        /// The reason for the operator; it quotes no part that may hold a password.
        public let description: String

        fileprivate static let unreadable = Invalid(
            description:
                "is not a PostgreSQL URI; in names and passwords write @ as %40, / as %2F, : as %3A and % as %25"
        )
    }

    /// Parses a URI.
    ///
    /// - Throws: ``Invalid``.
    public init(_ uri: String) throws(Invalid) {
        var message: UnsafeMutablePointer<CChar>?
        guard let options = PQconninfoParse(uri, &message) else {
            PQfreemem(message)
            throw Self.parseError(of: uri)
        }
        defer { PQconninfoFree(options) }
        var (values, others, option) = ([String: String](), [String](), options)
        while let keyword = option.pointee.keyword {
            if let value = option.pointee.val {
                let name = String(cString: keyword)
                values[name] = String(cString: value)
                // libpq marks the options that are secrets with an asterisk.
                let isSecret = option.pointee.dispchar?.pointee == CChar(bitPattern: UInt8(ascii: "*"))
                if !Self.described.contains(name) {
                    others.append("\(name)=\(isSecret ? Self.mask : String(cString: value))")
                }
            }
            option += 1
        }
        guard let database = values["dbname"], !database.isEmpty else {
            throw Invalid(description: "must name the database: postgres://USER@HOST:PORT/DATABASE")
        }
        if values["host"] != nil, let address = values["hostaddr"] { others.append("hostaddr=\(address)") }
        let hosts = Self.parts(values["host"] ?? values["hostaddr"] ?? "")
        let ports = Self.parts(values["port"] ?? "")
        // An invalid port, or an @ in a host, may be part of a password that is not percent-encoded.
        guard ports.allSatisfy({ $0.isEmpty || UInt16($0) != nil }), !hosts.joined().contains("@"),
            !database.contains("@")
        else { throw .unreadable }
        let servers = hosts.enumerated().map { index, host in
            let port = ports.indices.contains(index) ? ports[index] : ports.first ?? ""
            return port.isEmpty ? host : "\(host):\(port)"
        }
        self.uri = uri
        let address = "\(servers.joined(separator: ","))/\(database)"
        description = "postgres://\(values["user"].map { "\($0)@" } ?? "")\(address)"
        let password = values["password"].map { _ in ":\(Self.mask)" } ?? ""
        let user = password.isEmpty ? "" : "\(values["user"] ?? "")\(password)@"
        let query = others.isEmpty ? "" : "?\(others.joined(separator: "&"))"
        masked = (user.isEmpty ? description : "postgres://\(user)\(address)") + query
    }

    /// What stands for a secret.
    private static let mask = "***"
    /// The options that the other parts of a URI have.
    private static let described: Set = ["user", "password", "host", "hostaddr", "port", "dbname"]

    /// Returns the reason why libpq cannot parse a URI.
    ///
    /// libpq's message quotes the part that it cannot parse. Only the part after the user and the password is parsed
    /// again, so that the message holds no secret.
    private static func parseError(of uri: String) -> Invalid {
        guard let scheme = schemes.first(where: uri.hasPrefix) else { return .unreadable }
        let rest = uri.dropFirst(scheme.count)
        let hostPart = rest.lastIndex(of: "@").map { rest[rest.index(after: $0)...] } ?? rest
        var message: UnsafeMutablePointer<CChar>?
        defer { PQfreemem(message) }
        if let options = PQconninfoParse(scheme + hostPart, &message) {
            PQconninfoFree(options)
            return .unreadable
        }
        let isNamed = rest.contains("@") || !hostPart.prefix { $0 != "/" }.contains(":")
        guard isNamed, !rest.contains("password="), let message else { return .unreadable }
        return Invalid(description: "is not a PostgreSQL URI: \(String(cString: message).trimmed)")
    }

    private static func parts(_ list: String) -> [String] {
        list.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    }

    /// Opens a connection, which may have failed; returns `nil` only if there is no memory.
    func connect() -> OpaquePointer? {
        // The URI (`dbname`) can override the parameters before it, but not those after it.
        let parameters: KeyValuePairs = [
            "connect_timeout": "3", "tcp_user_timeout": "10000", "keepalives_idle": "10", "keepalives_interval": "5",
            "keepalives_count": "3", "target_session_attrs": "read-write", "dbname": uri, "client_encoding": "UTF8",
            "fallback_application_name": "sendlog",
        ]
        let keywords = parameters.map { strdup($0.key) }
        let values = parameters.map { strdup($0.value) }
        defer { for text in keywords + values { free(text) } }
        return PQconnectdbParams(
            keywords.map { UnsafePointer($0) } + [nil],
            values.map { UnsafePointer($0) } + [nil],
            1
        )
    }

    /// Returns libpq's message about a failed connection in one line.
    func connectionErrorMessage(_ message: String) -> String {
        let line = message.split(separator: "\n").map { String($0).trimmed }.joined(separator: "; ")
        return line.isEmpty ? "unknown reason" : line
    }
}

extension String {
    /// The string without white space at its ends.
    fileprivate var trimmed: String {
        let isSpace: (Character) -> Bool = { $0.isWhitespace }
        return String(drop(while: isSpace).reversed().drop(while: isSpace).reversed())
    }
}
