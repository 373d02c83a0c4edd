import NIOCore
import NIOHTTP1
import SendLogHTTP
import Testing

@testable import SendLogAPI

@Suite struct CrossOriginPolicyTests {
    private let policy = CrossOriginPolicy(["https://app.example", "http://localhost:3000"])

    private func request(_ headers: HTTPHeaders, method: HTTPMethod = .GET) -> HTTPRequest {
        HTTPRequest(method: method, target: "/balance", headers: headers, body: RequestBody(ByteBuffer()))
    }

    private func names(_ fields: [ResponseHead.Field]?) -> [String]? { fields?.map { "\($0.name): \($0.value)" } }

    @Test func `without allowed origins there is no policy`() {
        #expect(CrossOriginPolicy([]) == nil)
    }

    @Test(arguments: ["https://app.example", "http://localhost:3000"])
    func `a response names the allowed origin, and the headers that its pages may read`(origin: String) throws {
        let fields = try #require(names(policy?.fields(for: request(["Origin": origin]))))
        #expect(fields.prefix(2) == ["Vary: Origin", "Access-Control-Allow-Origin: \(origin)"])
        #expect(fields.count == 3 && fields[2].hasPrefix("Access-Control-Expose-Headers: X-Request-Id, "))
    }

    @Test(arguments: [
        nil, "null", "*", "", "https://app.example/", "https://app.example.evil", "http://app.example",
        "https://app.example:8443", "https://app.example, http://localhost:3000", "HTTPS://APP.EXAMPLE",
    ])
    func `the response to any other origin only varies by it`(origin: String?) {
        let headers = HTTPHeaders(origin.map { [("Origin", $0)] } ?? [])
        #expect(names(policy?.fields(for: request(headers))) == ["Vary: Origin"])
    }

    @Test(arguments: ["https://app.example", "null"])
    func `all origins can be allowed`(origin: String) {
        let fields = names(CrossOriginPolicy(["*"])?.fields(for: request(["Origin": origin])))
        #expect(fields?.contains("Access-Control-Allow-Origin: \(origin)") == true)
        #expect(names(CrossOriginPolicy(["*"])?.fields(for: request([:]))) == ["Vary: Origin"])
    }

    @Test func `a preflight is OPTIONS of an allowed origin with the method to come`() {
        let origin = ("Origin", "https://app.example")
        let method = ("Access-Control-Request-Method", "POST")
        #expect(policy?.isAllowedPreflight(request(HTTPHeaders([origin, method]), method: .OPTIONS)) == true)
        #expect(policy?.isAllowedPreflight(request(HTTPHeaders([origin, method]), method: .GET)) == false)
        #expect(policy?.isAllowedPreflight(request(HTTPHeaders([origin]), method: .OPTIONS)) == false)
        #expect(policy?.isAllowedPreflight(request(HTTPHeaders([method]), method: .OPTIONS)) == false)
        let other = ("Origin", "https://evil.example")
        #expect(policy?.isAllowedPreflight(request(HTTPHeaders([other, method]), method: .OPTIONS)) == false)
    }

    @Test func `a preflight gets the methods of its path, and never credentials`() throws {
        let response = try #require(policy?.preflightResponse(methods: ["GET", "HEAD", "PUT"]))
        #expect(response.status == .noContent && response.body?.isEmpty == true)
        let fields = try #require(names(response.fields))
        #expect(fields.contains("Access-Control-Allow-Methods: GET, HEAD, PUT"))
        #expect(!fields.contains { $0.contains("Credentials") })
    }
}
