import Foundation
import TestSupport

/// An HTTP client of the console, without a browser, that shows each response byte for byte.
final class ConsoleClient {
    let server: Server
    var cookies: [String: String] = [:]
    var headers: [Header] = []

    init(_ server: Server) {
        self.server = server
    }

    /// Signs in with a key.
    convenience init(_ tenant: Tenant) throws {
        self.init(tenant.server)
        let response = try signIn(tenant.key)
        guard response.status == 303 else { throw TestFailure("\(response.status): \(response.text)") }
    }

    func get(_ target: String) throws -> HTTPResponse { try request("GET", target) }

    /// Posts a form with the CSRF token of the page that contains it.
    func post(_ target: String, _ fields: KeyValuePairs<String, String>, from page: String? = nil) throws
        -> HTTPResponse
    {
        let token = try page.map { try csrfToken(get($0)) }
        return try post(target, (token.map { [("form-token", $0)] } ?? []) + fields.map { ($0.key, $0.value) })
    }

    /// Posts the given fields, without adding a token.
    func post(_ target: String, _ all: [(String, String)]) throws -> HTTPResponse {
        let body = all.map { "\(Self.encode($0.0))=\(Self.encode($0.1))" }.joined(separator: "&")
        return try request("POST", target, body: Array(body.utf8))
    }

    func signIn(_ key: String, next: String = "", zone: String = "") throws -> HTTPResponse {
        try post("/console/sign-in", ["key": key, "next": next, "zone": zone], from: "/console/sign-in")
    }

    /// The CSRF token in a page's forms.
    func csrfToken(_ page: HTTPResponse) throws -> String {
        guard let match = page.text.firstMatch(of: /name="?form-token"? value="([0-9a-f]{64})"/) else {
            throw TestFailure("no form in \(page.status) \(page.text.prefix(300))")
        }
        return String(match.output.1)
    }

    /// Sends a request with the cookies.
    func request(_ method: String, _ target: String, body: [UInt8]? = nil) throws -> HTTPResponse {
        let sent = cookies.map { "\($0)=\($1)" }.joined(separator: "; ")
        let all = headers + (sent.isEmpty ? [] : [("Cookie", sent)])
        let response = try server.connect().request(method, target, headers: all, body: body)
        for header in response.headers where header.name == "set-cookie" {
            let pair = header.value.prefix { $0 != ";" }.split(separator: "=", maxSplits: 1).map(String.init)
            if header.value.contains("Max-Age=0") { cookies[pair[0]] = nil } else { cookies[pair[0]] = pair[1] }
        }
        return response
    }

    private static func encode(_ text: String) -> String {
        text.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
    }
}
