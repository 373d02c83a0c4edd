import CLibPQ

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Where a PostgreSQL database is and how it is reached: a URI as libpq takes it.
///
/// See <https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING-URIS>. What it prints holds no password.
public struct PostgresLocation: Equatable, Sendable, CustomStringConvertible {
    /// The URI, with whatever secrets are in it.
    private let uri: String
    /// The user, the servers and the database, and nothing else: `postgres://sendlog@db1:5432,db2:5432/sends`.
    public let description: String

    /// What a text begins with that is meant for PostgreSQL.
    public static let schemes = ["postgres://", "postgresql://"]

    /// Why a text is no location, in words for whoever wrote it.
    public struct Invalid: Error, CustomStringConvertible {
        /// What is wrong with it; holds nothing of a text that may hold a password.
        public let description: String

        fileprivate static let unreadable = Invalid(
            description:
                "is not a URI of PostgreSQL; in names and passwords @ is written as %40, / as %2F, : as %3A and % as %25"
        )
    }

    /// Takes a URI.
    ///
    /// - Throws: ``Invalid``.
    public init(_ uri: String) throws(Invalid) {
        var message: UnsafeMutablePointer<CChar>?
        guard let options = PQconninfoParse(uri, &message) else {
            PQfreemem(message)
            throw Self.fault(of: uri)
        }
        defer { PQconninfoFree(options) }
        var (values, option) = ([String: String](), options)
        while let keyword = option.pointee.keyword {
            if let value = option.pointee.val { values[String(cString: keyword)] = String(cString: value) }
            option += 1
        }
        guard let database = values["dbname"], !database.isEmpty else {
            throw Invalid(description: "must name the database: postgres://USER@HOST:PORT/DATABASE")
        }
        let hosts = Self.parts(values["host"] ?? values["hostaddr"] ?? "")
        let ports = Self.parts(values["port"] ?? "")
        // What stands where a port should, or holds an @, may be part of a password that is not written as it must be.
        guard ports.allSatisfy({ $0.isEmpty || UInt16($0) != nil }), !hosts.joined().contains("@"),
            !database.contains("@")
        else { throw .unreadable }
        let servers = hosts.enumerated().map { place, host in
            let port = ports.indices.contains(place) ? ports[place] : ports.first ?? ""
            return port.isEmpty ? host : "\(host):\(port)"
        }
        self.uri = uri
        let user = values["user"].map { "\($0)@" } ?? ""
        description = "postgres://\(user)\(servers.joined(separator: ","))/\(database)"
    }

    /// Why libpq cannot read a URI.
    ///
    /// It repeats the part that it could not read, and so is asked about what stands behind the user and the password alone.
    private static func fault(of uri: String) -> Invalid {
        guard let scheme = schemes.first(where: uri.hasPrefix) else { return .unreadable }
        let rest = uri.dropFirst(scheme.count)
        let place = rest.lastIndex(of: "@").map { rest[rest.index(after: $0)...] } ?? rest
        var message: UnsafeMutablePointer<CChar>?
        defer { PQfreemem(message) }
        if let options = PQconninfoParse(scheme + place, &message) {
            PQconninfoFree(options)
            return .unreadable
        }
        let isNamed = rest.contains("@") || !place.prefix { $0 != "/" }.contains(":")
        guard isNamed, !rest.contains("password="), let message else { return .unreadable }
        return Invalid(description: "is not a URI of PostgreSQL: \(String(cString: message).trimmed)")
    }

    private static func parts(_ list: String) -> [String] {
        list.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    }

    /// Connects, however it ends; `nil` only without memory.
    func connect() -> OpaquePointer? {
        // What comes before the URI it may change, what comes behind it may not.
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

    /// What libpq says of a connection that failed, in one line.
    func explain(_ message: String) -> String {
        let line = message.split(separator: "\n").map { String($0).trimmed }.joined(separator: "; ")
        return line.isEmpty ? "no reason is known" : line
    }
}

extension String {
    /// Without white space at its ends.
    fileprivate var trimmed: String {
        let isSpace: (Character) -> Bool = { $0.isWhitespace }
        return String(drop(while: isSpace).reversed().drop(while: isSpace).reversed())
    }
}
