import NIOHTTP1
import Testing

@testable import SendLogAPI

@Suite struct RouteTableTests {
    private let table: RouteTable

    init() {
        let routes: [(HTTPMethod, String)] = [
            (.GET, "/send-logs/:send_id"), (.POST, "/send-logs/search"), (.POST, "/send-logs"), (.GET, "/health"),
        ]
        table = RouteTable(routes: routes.map { Route($0.0, $0.1) { _ in Response(body: []) } })
    }

    private func found(_ method: HTTPMethod, _ path: String) -> String {
        switch table.match(method, path[...]) {
        case .route(let route, let parameter): "\(table.routes[route].name) \(parameter)"
        case .methodNotAllowed(let allow): allow.joined(separator: " ")
        case .none: "none"
        }
    }

    @Test(arguments: [
        ("/send-logs/abc", "GET /send-logs/:send_id abc"), ("/send-logs/search", "GET /send-logs/:send_id search"),
        ("/send-logs/a%2Fb", "GET /send-logs/:send_id a/b"), ("/send-logs/%zz", "GET /send-logs/:send_id %zz"),
        ("/health", "GET /health "), ("/send-logs", "POST"), ("/send-logs/", "none"), ("/send-logs/a/b", "none"),
        ("/", "none"), ("", "none"), ("/Health", "none"), ("//health", "none"),
    ])
    func `paths of GET`(path: String, expected: String) {
        #expect(found(.GET, path) == expected)
    }

    @Test func `a wrong method gets the allowed methods of the path`() {
        #expect(found(.PUT, "/send-logs/search") == "GET HEAD POST")
        #expect(found(.DELETE, "/send-logs/abc") == "GET HEAD")
        #expect(found(.POST, "/send-logs/abc") == "GET HEAD")
        #expect(found(.POST, "/send-logs/search") == "POST /send-logs/search ")
    }

    @Test(arguments: [
        ("/send-logs/", "", "/send-logs"), ("//health", "", "/health"), ("/send-logs//a//", "", "/send-logs/a"),
        ("/health/", "/sendlog", "/health"), ("//sendlog/health", "/sendlog", "/health"), ("/a/", "", nil),
        ("/", "", nil), ("//", "", nil), ("", "", nil), ("/send-logs/\(String(repeating: "a", count: 300))/", "", nil),
    ])
    func `a path without extra slashes is found if a route has it`(path: String, basePath: String, expected: String?) {
        #expect(table.pathWithoutExtraSlashes(path[...], basePath: basePath) == expected)
    }

    @Test func `HEAD matches the routes of GET`() {
        #expect(found(.HEAD, "/health") == "GET /health ")
        #expect(found(.HEAD, "/send-logs") == "POST")
    }
}
