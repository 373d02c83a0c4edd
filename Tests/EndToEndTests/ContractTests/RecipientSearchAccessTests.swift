import Foundation
import TestSupport
import Testing

/// Who may search by recipient, which searches are refused, and what the server says of recipients.
@Suite struct RecipientSearchAccessTests {
    private static let search = #"{"find":{"destination":"27821234567"}}"#

    @Test func `an organisation finds only its own sends to a recipient`() throws {
        let (one, other) = (try Shared.server.tenant(), try Shared.server.tenant())
        let number = "2782\(Int.random(in: 1_000_000...9_999_999))"
        let body = #"{"find":{"destination":["\#(number)"]}}"#
        try one.record((0..<20).map { SampleLog(id: "one-\($0)", destinations: [number]) })
        #expect(try other.search(body)["total"] == 0)
        try other.record((0..<7).map { SampleLog(id: "other-\($0)", destinations: ["+\(number)"]) })
        #expect(try one.ids(body) == (0..<20).reversed().map { "one-\($0)" })
        #expect(try other.ids(body) == (0..<7).reversed().map { "other-\($0)" })
        let late = #"{"find":{"destination":["\#(number)"]},"options":{"as_of":9007199254740992}}"#
        #expect(try other.search(late)["total"] == 7)
        let export = try other.post("/send-logs/export", body)
        #expect(export["x-sendlog-total"] == "7")
        #expect(!export.text.contains("one-"))
    }

    @Test func `the calling code of one organisation does not change the searches of another`() throws {
        let (one, other) = (try Shared.server.tenant(), try Shared.server.tenant())
        _ = try one.server.command("organisation", "set", one.name, "--calling-code", "27").succeeded()
        let body = #"{"find":{"destination":"0821234567"}}"#
        #expect(try one.search(body)["searched"] == ["27821234567"])
        #expect(try other.search(body)["searched"] == ["0821234567", "…821234567"])
    }

    @Test func `a search by recipient needs a valid key with sendLog.read`() throws {
        let tenant = try Shared.server.tenant()
        try tenant.record(SampleLog(id: "send-1"))
        for permission in ["sendLog.create", "campaign.read", "webhook"] {
            let key = try tenant.server.key(of: tenant.name, permissions: [permission])
            for route in ["search", "export"] {
                let target = "/send-logs/\(route)"
                let body = Array(Self.search.utf8)
                let response = try tenant.request("POST", target, authorisation: "Bearer \(key)", body: body)
                try expectFailure(response, 403, "permission_denied", says: "sendLog.read")
            }
        }
        let key = try tenant.server.key(of: tenant.name, permissions: ["sendLog.read"])
        let reader = Tenant(server: tenant.server, name: tenant.name, key: key)
        #expect(try reader.ids(Self.search) == ["send-1"])
        let keys = try tenant.server.command("key", "list", "--organisation", tenant.name).succeeded().lines
        let id = try #require(keys.last?.firstMatch(of: /key_[0-9]+/)?.output)
        let revoked = ContinuousClock.now
        _ = try tenant.server.command("key", "revoke", "--organisation", tenant.name, String(id)).succeeded()
        try reader.expectRefusal(within: 10, of: revoked)
        try expectFailure(reader.post("/send-logs/search", Self.search), 401, "unauthorized")
    }

    @Test(
        arguments: [
            ("27821234567", "find.destination", "must be an array of destinations, not a number"),
            ("{}", "find.destination", "must be an array of destinations, not an object"),
            (#"["1","2","3",27821234567]"#, "find.destination[3]", "must be a string, not a number"),
            (#""""#, "find.destination", "must not be empty"),
            (#"["27821234567","   "]"#, "find.destination[1]", "must have more than white space and the scheme"),
            (#""27\u00008""#, "find.destination", "must not contain control characters"),
        ]
    )
    func `an invalid recipient is refused with its path`(value: String, path: String, says: String) throws {
        for route in ["search", "export"] {
            let body = #"{"find":{"destination":\#(value)}}"#
            let response = try Shared.emptyTenant.post("/send-logs/\(route)", body)
            try expectFailure(response, 400, "invalid_request", says: "\(path) \(says)", issue: path)
        }
    }

    @Test func `a hundred recipients of the greatest length are accepted, one more is refused`() throws {
        let longest = String(repeating: "x", count: 314)
        let hundred = (0..<100).map { JSON.text("\(100_000 + $0)\(longest)") }
        func body(_ texts: [String]) -> String { #"{"find":{"destination":[\#(texts.joined(separator: ","))]}}"# }
        let found = try Shared.emptyTenant.search(body(hundred))
        #expect(found["total"] == 0 && found["searched"].elements.count == 100)
        let tooMany = try Shared.emptyTenant.post("/send-logs/search", body(hundred + ["\"1\""]))
        let says = "find.destination must have at most 100 destinations; it has 101"
        try expectFailure(tooMany, 400, "invalid_request", says: says, issue: "find.destination")
        let tooLong = try Shared.emptyTenant.post("/send-logs/search", body([JSON.text("1234567\(longest)")]))
        try expectFailure(tooLong, 400, "invalid_request", says: "320", issue: "find.destination[0]")
    }

    @Test func `a field for recipients in the wrong place or misspelt gets the right name`() throws {
        for (body, path, says) in [
            (#"{"destination":"27821234567"}"#, "destination", "it belongs in find, as find.destination"),
            (#"{"find":{"destinations":["27821234567"]}}"#, "find.destinations", #"did you mean "destination"?"#),
            (#"{"find":{"number":"27821234567"}}"#, "find.number", #""campaign_id", "destination", "startDeliveryAt""#),
        ] {
            let response = try Shared.emptyTenant.post("/send-logs/search", body)
            try expectFailure(response, 400, "invalid_request", says: says, issue: path)
            #expect(!response.text.contains("27821234567"))
        }
    }

    @Test func `the log of the server has no recipient`() throws {
        let tenant = try Server(arguments: ["--log-level", "debug"]).tenant()
        let number = "27829\(Int.random(in: 100_000...999_999))"
        try tenant.record(SampleLog(id: "send-1", destinations: [number]))
        #expect(try tenant.ids(#"{"find":{"destination":"\#(number)"}}"#) == ["send-1"])
        for body in [
            #"{"find":{"destination":"\#(number)"}}"#, #"{"find":{"destination":\#(number)}}"#,
            #"{"find":{"destination":["\#(number)\t"]}}"#, #"{"find":{"destination":"\#(number)"#,
        ] {
            _ = try tenant.post("/send-logs/search", body)
            _ = try tenant.post("/send-logs/export", body)
        }
        let misplaced = try tenant.post("/send-logs/search?destination=\(number)", "{}")
        try expectFailure(misplaced, 400, "invalid_request", says: "in the body, as find.destination")
        let id = try #require(misplaced["x-request-id"])
        let isLogged = Deadline.poll(for: 60) { tenant.server.process.errors.contains("request_id=\(id) ") }
        #expect(isLogged)
        #expect(!tenant.server.log.contains(number))
        #expect(try tenant.server.stop() == .code(0))
        #expect(!tenant.server.log.contains(number))
    }

    @Test func `without a recipient index, only searches by recipient are refused`() throws {
        let tenant = try Server(arguments: ["--recipients-index", "off"]).tenant()
        try tenant.record(SampleLog(id: "send-1"))
        for route in ["search", "export"] {
            let response = try tenant.post("/send-logs/\(route)", Self.search)
            try expectFailure(response, 503, "unavailable", says: "recipient index", "recipients.index")
            #expect(response["retry-after"].flatMap { Int($0) } ?? 0 > 0)
        }
        #expect(try tenant.ids("{}") == ["send-1"])
        #expect(try tenant.search(#"{"find":{"destination":[]}}"#)["total"] == 0)
        let invalid = try tenant.post("/send-logs/search", #"{"find":{"destination":""}}"#)
        try expectFailure(invalid, 400, "invalid_request", issue: "find.destination")
    }
}
