import Foundation
import TestSupport
import Testing

/// Rendered templates, as a receiver gets them over the wire.
@Suite struct WebhookTemplatesTests {
    /// Records a send for a new webhook, and returns the request that the receiver got.
    private static func deliver(
        _ log: SampleLog,
        body: String? = nil,
        query: String = "",
        more: String = "",
        tenant: Tenant? = nil
    ) throws -> (request: ReceivedRequest, hook: Hook, path: String) {
        let tenant = try tenant ?? Hooks.tenant()
        let path = Hooks.path("ok")
        let hook = try Hook(tenant, Hooks.receiver.url(path) + query, body: body, more: more)
        try tenant.record(log)
        return (try Hooks.receiver.waitForRequests(path, 1)[0], hook, path)
    }

    private static let message = "Hi \"{{contact.firstname}}\" \\ {{send._id}}\n\t{{campaign.name}} </b>\u{1} 😀é"

    @Test func `fields within strings are escaped as JSON, and not expanded again`() throws {
        let log = SampleLog(id: "send-1", message: Self.message, triggeredBy: "a \"b\"\r\n{{send._id}}")
        let body = #"{"text": "<{{send.message}}>", "why": "{{send.triggeredBy}}/{{send._id}}"}"#
        let (request, _, _) = try Self.deliver(log, body: body)
        #expect(request.method == "POST" && request["content-type"] == "application/json")
        #expect(try request.json()["text"].string == "<\(Self.message)>")
        #expect(try request.json()["why"].string == "a \"b\"\r\n{{send._id}}/send-1")
    }

    @Test func `bare fields become values of their types, with any white space in their braces`() throws {
        let tenant = try Hooks.tenant()
        let log = SampleLog(id: "send-2", campaign: "camp-1", message: Self.message)
        let body = """
            {"id":{{send._id}},"campaign":{{  send.campaign_id }},"same":{{\tcampaign._id\n}},"text":{{send.message}},
            "why":{{send.triggeredBy }},"at":{{ send.startDeliveryAt}},"count":{{send.destinations}},
            "name":{{campaign.name}},"org":{{organisation._id}},"list":[{{send.destinations}},"{{send.destinations}}"],
            {{send._id}}:true,"name within":"<{{campaign.name}}>"}
            """
        let (request, _, path) = try Self.deliver(log, body: body, tenant: tenant)
        let json = try request.json()
        #expect(json["id"] == "send-2" && json["campaign"] == "camp-1" && json["same"] == "camp-1")
        #expect(json["text"].string == Self.message && json["why"] == "manual" && json["count"] == 2)
        #expect(json["at"] == "2022-01-15T12:00:00.000Z" && json["list"] == [2, "2"] && json["send-2"] == .bool(true))
        #expect(json["name"] == .null && json["name within"] == "<>")
        #expect(json["org"].string.flatMap { Int($0) }.map { $0 > 0 } == true)
        // The campaign's name at the time of the delivery counts.
        let name = #"A \"name\" {{send._id}} 😀"#
        _ = try tenant.request("PUT", "/campaigns/camp-1", body: Array(#"{"name":"\#(name)"}"#.utf8)).data()
        try tenant.record(SampleLog(id: "send-3", campaign: "camp-1", destinations: []))
        let second = try Hooks.receiver.waitForRequests(path, 2)[1].json()
        #expect(second["name"].string == #"A "name" {{send._id}} 😀"#)
        #expect(second["name within"].string == #"<A "name" {{send._id}} 😀>"#)
        #expect(second["count"] == 0)
    }

    @Test(arguments: [#""{{send._id}}""#, "{{send.destinations}}", "null", "[]", " \n{} "])
    func `a body may be any JSON`(body: String) throws {
        let (request, _, _) = try Self.deliver(SampleLog(id: "send-4"), body: body)
        let filled = body.replacing("{{send._id}}", with: "send-4").replacing("{{send.destinations}}", with: "2")
        #expect(request.text == filled)
    }

    @Test func `fields in a URL are percent-encoded, and change no other part of it`() throws {
        let message = "a&b=c#d/../e?f%20+\r\nX-Evil: 1 é😀"
        let log = SampleLog(id: "send-5", message: message, triggeredBy: "x y")
        let query =
            "/{{send._id}}/{{send.startDeliveryAt}}?m={{ send.message }}&w={{send.triggeredBy}}&n={{send.destinations}}"
        let tenant = try Hooks.tenant()
        let path = Hooks.path("ok")
        _ = try Hook(tenant, Hooks.receiver.url(path) + query, body: nil)
        try tenant.record(log)
        let request = try Hooks.receiver.waitForRequests("\(path)/send-5/2022-01-15T12%3A00%3A00.000Z", 1)[0]
        let encoded = "a%26b%3Dc%23d%2F..%2Fe%3Ff%2520%2B%0D%0AX-Evil%3A%201%20%C3%A9%F0%9F%98%80"
        #expect(request.query == "m=\(encoded)&w=x%20y&n=2")
        #expect(request["x-evil"] == nil && request["content-type"] == nil && request.text.isEmpty)
        #expect(request["content-length"] == "0")
    }

    @Test func `fields in a header cannot inject another header`() throws {
        let log = SampleLog(id: "send-6", message: "é😀\u{0}\u{7f}", triggeredBy: "a\r\nX-Evil: 1\r\n\r\nGET / 100%")
        let headers =
            #","headers":{"X-Why":"<{{send.triggeredBy}}>","X-Message":"{{send.message}}","X-Plain":"100% {{send._id}}"}"#
        let (request, _, path) = try Self.deliver(log, body: "{}", more: headers)
        #expect(request["x-why"] == "<a%0D%0AX-Evil: 1%0D%0A%0D%0AGET / 100%25>")
        #expect(request["x-message"] == "%C3%A9%F0%9F%98%80%00%7F")
        #expect(request["x-plain"] == "100% send-6")
        #expect(request["x-evil"] == nil)
        #expect(request["user-agent"]?.hasPrefix("sendlog/") == true)
        #expect(request["host"] == "127.0.0.1:\(try Hooks.receiver.port)")
        #expect(try Hooks.receiver.requests(path).count == 1)
    }

    @Test(arguments: ["GET", "POST"])
    func `members of the body become parameters of the URL`(method: String) throws {
        let body =
            #"{"id": "{{send._id}}", "m": {{send.message}}, "n": {{send.destinations}}, "none": {{campaign.name}}, "a b&": [1, {"x": "é"}], "yes": true, "empty": ""}"#
        let more = #","method":"\#(method)","encodeIntoUrl":true"#
        let expected =
            "id=send-7&m=Hi%20%22%26%22%20%7B%7Bx%7D%7D&n=2&none=&a%20b%26=%5B1%2C%7B%22x%22%3A%22%C3%A9%22%7D%5D&yes=true&empty="
        let log = SampleLog(id: "send-7", message: "Hi \"&\" {{x}}")
        let (request, _, _) = try Self.deliver(log, body: body, more: more)
        #expect(request.method == method && request.query == expected)
        #expect(request.text.isEmpty && request["content-type"] == nil)
        // They follow the parameters that the URL has already.
        let (other, _, _) = try Self.deliver(log, body: body, query: "?token=x", more: more)
        #expect(other.query == "token=x&\(expected)")
    }

    @Test func `a GET without a body has none`() throws {
        let (request, _, _) = try Self.deliver(
            SampleLog(id: "send-8"),
            query: "?id={{send._id}}",
            more: #","method":"GET""#
        )
        #expect(request.method == "GET" && request.query == "id=send-8" && request.text.isEmpty)
        #expect(request["content-length"] == nil && request["transfer-encoding"] == nil)
    }

    @Test func `the request body is valid JSON for 200 messages of any characters`() throws {
        let tenant = try Hooks.tenant()
        let path = Hooks.path("ok")
        let template =
            #"{"bare":{{send.message}},"within":"<{{send.message}}|{{send.triggeredBy}}>","id":{{send._id}}}"#
        _ = try Hook(tenant, Hooks.receiver.url(path), body: template)
        var random = SplitMix64(defaultSeed: 6)
        let logs = (0..<200).map { number in
            SampleLog(
                id: "random-\(number)",
                message: Self.text(&random),
                triggeredBy: String(Self.text(&random).unicodeScalars.prefix(40))
            )
        }
        for log in logs { try tenant.record(log) }
        let requests = try Hooks.receiver.waitForRequests(path, 200)
        #expect(requests.count == 200)
        for (request, log) in zip(requests, logs) {
            let json = try request.json()
            #expect(json["id"].string == log.id)
            // Compared byte by byte: é and e with a combining accent are not the same here.
            #expect(json["bare"].string.map { Array($0.utf8) } == Array(log.message.utf8))
            let within = "<\(log.message)|\(log.triggeredBy)>"
            #expect(json["within"].string.map { Array($0.utf8) } == Array(within.utf8))
        }
    }

    /// A text of letters, special characters of JSON and templates, and arbitrary scalars.
    private static func text(_ random: inout SplitMix64) -> String {
        let special = ["\"", "\\", "{{", "}}", "{{send._id}}", "\n", "\r", "\t", "\u{0}", "\u{1f}", "\\u0041", "</"]
        return (0..<Int.random(in: 1...30, using: &random)).map { _ in
            switch Int.random(in: 0..<3, using: &random) {
            case 0: return special.randomElement(using: &random) ?? ""
            case 1: return "abc \u{7f}é".randomElement(using: &random).map { String($0) } ?? ""
            default:
                let scalar = Unicode.Scalar(UInt32.random(in: 1...0x10ffff, using: &random)) ?? "😀"
                return String(Character(scalar))
            }
        }
        .joined() + "end of it"
    }
}
