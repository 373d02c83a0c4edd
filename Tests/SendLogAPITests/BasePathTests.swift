import Foundation
import NIOCore
import NIOHTTP1
import SendLogHTTP
import Testing

@testable import SendLogAPI

/// Paths of requests, and the OpenAPI document, of a server that a proxy publishes under a base path.
struct BasePathTests {
    private func path(_ target: String, below basePath: String) -> String {
        let body = RequestBody(ByteBuffer())
        return String(HTTPRequest(method: .GET, target: target, basePath: basePath, headers: [:], body: body).path)
    }

    @Test(arguments: [
        ("/a/b/health", "/health"), ("/health", "/health"), ("/a/b", "/"), ("/a/b/", "/"), ("/a/b?x=/y", "/"),
        ("/a/bc/health", "/a/bc/health"), ("/a/health", "/a/health"), ("/A/b/health", "/A/b/health"),
        ("/a/b/a/b/health", "/a/b/health"), ("/a/b//health", "//health"), ("//a/b/health", "//a/b/health"),
        ("http://host/a/b/health", "/health"), ("http://host", "/"), ("*", "*"), ("", ""), ("/", "/"),
        ("/a/b%2Fhealth", "/a/b%2Fhealth"),
    ])
    func `the base path is removed once, as whole segments`(target: String, expected: String) {
        #expect(path(target, below: "/a/b") == expected)
    }

    @Test(arguments: ["/health", "/a/b?c", "//health", "*", "", "/"])
    func `without a base path, paths stay as they are`(target: String) {
        #expect(path(target, below: "") == target.prefix { $0 != "?" })
    }

    @Test(arguments: [("", "/"), ("/a/b", "/a/b")])
    func `the document's only server is the base path`(basePath: String, url: String) throws {
        let document = try JSONSerialization.jsonObject(with: Data(APIDocument.bytes(below: basePath)))
        let servers = (document as? [String: Any])?["servers"] as? [[String: String]]
        #expect(servers == [["url": url]])
    }
}
