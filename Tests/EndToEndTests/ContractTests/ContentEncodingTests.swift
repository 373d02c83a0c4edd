import TestSupport
import Testing

/// Compressed request bodies.
@Suite struct ContentEncodingTests {
    private static let gzip: [Header] = [("Content-Encoding", "gzip")]

    @Test func `every route with a body takes it in gzip`() throws {
        let tenant = try Shared.server.tenant(permissions: "sendLog", "campaign")
        let (one, other) = (SampleLog(id: "a"), SampleLog(id: "b"))
        let search = #"{"find":{"campaign_id":["spring"]}}"#
        for (method, path, body, status) in [
            ("POST", "/send-logs", one.json, 201), ("POST", "/send-logs", one.json, 200),
            ("POST", "/send-logs/import", "\(one.json)\n\(other.json)\n", 200),
            ("POST", "/send-logs/search", search, 200),
            ("POST", "/send-logs/export", search, 200), ("PUT", "/campaigns/spring", #"{"name":"Spring"}"#, 200),
        ] {
            let response = try tenant.request(method, path, headers: Self.gzip, body: Gzip.compressed(body))
            #expect(response.status == status, "\(path): \(response.text.prefix(300))")
        }
        #expect(try tenant.ids(search) == ["b", "a"])
        #expect(try tenant.get("/campaigns/spring").data()["name"] == "Spring")
    }

    @Test(arguments: [
        "gzip", "GZIP", "x-gzip", " gzip ", "identity, gzip", "gzip,", "identity", "", "Identity, identity",
    ])
    func `names of gzip and identity are taken in any case`(coding: String) throws {
        let tenant = try Shared.server.tenant()
        let json = SampleLog(id: "send-1").json
        let body = coding.lowercased().contains("gzip") ? try Gzip.compressed(json) : Array(json.utf8)
        let response = try tenant.request("POST", "/send-logs", headers: [("Content-Encoding", coding)], body: body)
        #expect(response.status == 201, "\(response.text.prefix(300))")
    }

    @Test func `a body can arrive in pieces of any size, and have several members`() throws {
        let tenant = try Shared.server.tenant()
        let logs = (0..<400).map { SampleLog(id: "send-\($0)", message: "môre 🎉 \($0)") }
        let members = try stride(from: 0, to: logs.count, by: 100).flatMap { start in
            try Gzip.compressed(logs[start..<start + 100].map { $0.json + "\n" }.joined())
        }
        for sizes in [[1], [64, 3, 700], [1 << 20]] {
            let response = try tenant.request(
                "POST",
                "/send-logs/import",
                headers: Self.gzip,
                body: members,
                chunked: sizes
            )
            let data = try response.data()
            #expect(data["recorded"].integer == (sizes == [1] ? 400 : 0))
            #expect(data["failed"] == 0)
        }
        #expect(try tenant.total() == 400)
    }

    @Test func `errors name the format of the inflated body`() throws {
        let tenant = try Shared.server.tenant()
        let json = SampleLog(id: "send-1").json
        let utf16 = "\u{feff}\(json)".utf16.flatMap { [UInt8($0 & 0xff), UInt8($0 >> 8)] }
        for (content, message) in [
            (try Gzip.compressed(json), "this is gzip; send Content-Encoding: gzip, and compress it only once"),
            (utf16, "this is UTF-16; use UTF-8"),
        ] {
            let body = try Gzip.compressed(content)
            for path in ["/send-logs", "/send-logs/search"] {
                let response = try tenant.request("POST", path, headers: Self.gzip, body: body)
                try expectFailure(response, 400, "invalid_request", says: message)
            }
            let imported = try tenant.request("POST", "/send-logs/import", headers: Self.gzip, body: body).data()
            #expect(imported["errors"][0]["message"].string?.contains(message) == true, "\(imported)")
        }
        #expect(try tenant.total() == 0)
    }

    @Test func `an empty body needs no encoding`() throws {
        for headers in [[("Content-Encoding", "gzip")], [("Content-Encoding", "br")]] as [[Header]] {
            #expect(
                try Shared.emptyTenant.request("POST", "/send-logs/search", headers: headers, body: []).status == 200
            )
            #expect(try Shared.emptyTenant.request("GET", "/send-logs/none", headers: headers).status == 404)
        }
    }

    @Test(arguments: ["deflate", "br", "zstd", "compress", "gzip, gzip", "br, gzip", "x", "gzip;q=1"])
    func `another encoding gets 415, which names gzip`(coding: String) throws {
        let tenant = try Shared.emptyTenant
        for path in ["/send-logs", "/send-logs/search", "/send-logs/import"] {
            for chunked in [nil, [100]] {
                let response = try tenant.request(
                    "POST",
                    path,
                    headers: [("Content-Encoding", coding)],
                    body: Array("{}".utf8),
                    chunked: chunked
                )
                try expectFailure(response, 415, "unsupported_media_type", says: "Content-Encoding", "gzip")
                #expect(response["accept-encoding"] == "gzip")
            }
        }
        #expect(try tenant.total() == 0)
    }

    @Test func `every route refuses another encoding with 415, as the OpenAPI document says`() throws {
        let tenant = try Shared.server.tenant(permissions: "*")
        let paths = try tenant.get("/openapi.json").json()["paths"]
        var count = 0
        for path in paths.names {
            let target = path.replacing(#/\{[a-z_]+\}/#, with: "1")
            for method in paths[path].names {
                #expect(paths[path][method]["responses"].names.contains("415"), "\(method) \(path)")
                for chunked in [nil, [100]] {
                    let response = try tenant.request(
                        method.uppercased(),
                        target,
                        headers: [("Content-Encoding", "br")],
                        body: Array("{}".utf8),
                        chunked: chunked
                    )
                    try expectFailure(response, 415, "unsupported_media_type", says: "gzip")
                }
                count += 1
            }
        }
        #expect(count > 20)
        let page = try tenant.request(
            "POST",
            "/console/sign-in",
            headers: [("Content-Encoding", "br")],
            body: Array("key=a".utf8)
        )
        #expect(page.status == 415 && page["content-type"]?.hasPrefix("text/html") == true, "\(page.text)")
        #expect(page.text.contains("Content-Encoding must be gzip"))
    }

    @Test func `415 comes before 100 Continue, and a body in gzip is asked for`() throws {
        let tenant = try Shared.server.tenant()
        let body = try Gzip.compressed(SampleLog(id: "send-1").json)
        func head(_ coding: String) throws -> (HTTPConnection, HTTPResponse) {
            let connection = try tenant.server.connect()
            let headers = tenant.headers + [("Expect", "100-continue"), ("Content-Encoding", coding)]
            try connection.send(head: "POST", "/send-logs", headers: headers, length: body.count)
            return (connection, try connection.responseHead())
        }
        #expect(try head("br").1.status == 415)
        let (connection, response) = try head("gzip")
        #expect(response.status == 100)
        try connection.send(body)
        #expect(try connection.response().status == 201)
    }

    @Test func `damaged gzip gets 400, and nothing is recorded`() throws {
        let tenant = try Shared.emptyTenant
        let body = try Gzip.compressed(SampleLog(id: "send-1").json)
        var damaged = body
        damaged[body.count - 8] ^= 1
        for (bytes, problem) in [
            (Array(body.dropLast()), "ends too early"), (Array(body.prefix(5)), "ends too early"),
            (damaged, "incorrect data check"), (body + Array("{}".utf8), "more data follows"),
            (Array(SampleLog(id: "send-1").json.utf8), "incorrect header check"),
        ] {
            for path in ["/send-logs", "/send-logs/search", "/send-logs/import"] {
                let response = try tenant.request("POST", path, headers: Self.gzip, body: bytes)
                try expectFailure(response, 400, "invalid_request", says: "the body is not valid gzip", problem)
                let isImport = path == "/send-logs/import"
                #expect(response.text.contains("0 lines were recorded; correct the file") == isImport)
                #expect(response.text.contains("recorded") == isImport)
            }
        }
        #expect(try tenant.total() == 0)
    }

    @Test func `the limit applies to the compressed and to the inflated body`() throws {
        let tenant = try Shared.emptyTenant
        let spaces = try Gzip.compressed([UInt8](repeating: 0x20, count: 3_000_000) + Array("{}".utf8))
        for chunked in [nil, [1000]] {
            let response = try tenant.request(
                "POST",
                "/send-logs/search",
                headers: Self.gzip,
                body: spaces,
                chunked: chunked
            )
            try expectFailure(response, 413, "payload_too_large", says: "bytes")
        }
        let connection = try tenant.server.connect()
        let headers = tenant.headers + Self.gzip
        try connection.send(head: "POST", "/send-logs/search", headers: headers, length: 1 << 40)
        try expectFailure(connection.response(), 413, "payload_too_large")
        // Members without text never reach the limit.
        let empty = try Gzip.compressed([])
        let members = Array(repeatElement(empty, count: 3_000_000 / empty.count).joined())
        let refused = try tenant.request(
            "POST",
            "/send-logs/search",
            headers: Self.gzip,
            body: members,
            chunked: [60_000]
        )
        try expectFailure(refused, 413, "payload_too_large")
    }

    @Test func `a bomb takes little memory, and others are served meanwhile`() throws {
        let server = try Server()
        let (tenant, other) = (try server.tenant(), try server.tenant())
        // 128 MiB of white space in about 130 KB.
        let bomb = try Gzip.compressed([UInt8](repeating: 0x20, count: 128 << 20))
        #expect(try tenant.post("/send-logs/import", SampleLog(id: "first").json).status == 200)
        let before = try ServerMemory.settled(of: server)
        try ServerMemory.forgetPeak(of: server)
        let connection = try server.connect()
        try connection.send(head: "POST", "/send-logs/import", headers: tenant.headers + Self.gzip, length: bomb.count)
        try connection.send(bomb.dropLast())
        for _ in 0..<20 { #expect(try other.total() == 0) }
        try connection.send(bomb.suffix(1))
        let data = try connection.response().data()
        #expect(data["recorded"] == 0 && data["failed"] == 0)
        let after = try ServerMemory(of: server)
        #expect(after.peak - before.resident < 48, "\(before), then \(after)")
    }
}
