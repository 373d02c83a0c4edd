import Foundation
import Testing

/// Invalid webhooks, and the errors that report them.
@Suite struct WebhookRefusalsTests {
    /// An invalid input: its fields beside a valid URL, the path of the issue, and a part of its message.
    typealias Case = (fields: String, path: String, says: String)

    private static let owner = Result { try Shared.server.tenant(permissions: "webhook") }
    private static let good = #""url":"https://receiver.example/x""#

    private static func expect(_ body: String, refusedAt path: String, saying fragment: String) throws {
        let tenant = try owner.get()
        let response = try tenant.post("/webhooks", body)
        try expectFailure(response, 400, "invalid_request", issue: path)
        let issues = try response.json()["error"]["issues"].elements
        let isReported = issues.contains { issue in
            issue["path"].string == path && issue["message"].string?.contains(fragment) == true
        }
        #expect(isReported, "\(body.prefix(300)): \(response.text.prefix(700))")
    }

    @Test(
        arguments: [
            ("receiver.example/x", "must begin with https:// or http://"), ("", "must begin"), ("//a/b", "must begin"),
            ("ftp://receiver.example", "must begin"), ("file:///etc/passwd", "must begin"),
            (" https://receiver.example", "must begin"), ("https://", "host"), ("https:///x", "host"),
            ("https://me:secret@receiver.example/", "user name or password"), ("https://me@receiver.example", "user"),
            ("https://{{send._id}}.example/", "host"), ("https://receiver{{send._id}}.example/", "host"),
            ("https://receiver.example{{send._id}}", "{{"), ("https://receiver.example:{{send._id}}/", "port"),
            ("{{send._id}}://receiver.example/", "must begin"), ("https://receiver.example/#x", "#"),
            ("https://receiver.example/?a=1#x", "#"), ("https://receiver.example#", "#"),
            ("https://receiver.example:0/", "port"), ("https://receiver.example:65536/", "port"),
            ("https://receiver.example:/", "port"), ("https://receiver.example:80a/", "port"),
            ("https://receiver.example:+80/", "port"), ("https://receiver.example:-1/", "port"),
            ("https://[::1/x", "host"), ("https://[localhost]/", "IPv6"), ("https://[fe80::1%25eth0]/", "IPv6"),
            ("https://bücher.example/", "xn--"), ("https://a b.example/", "host"), ("https://a\\b.example/", "host"),
            ("https://127.0.0.1%2f@x/", "user"), ("https://%6c.example/", "host"),
            ("https://receiver.example/a b", "percent-encoded"), ("https://receiver.example/é", "percent-encoded"),
            ("https://receiver.example/\r\nHost: x", "percent-encoded"), ("https://receiver.example/\\", "percent"),
            ("https://receiver.example/{x}", "percent-encoded"), ("https://receiver.example/x\u{0}", "percent"),
            ("https://receiver.example/{{send.message}}", "in its query only, after the ?"),
            ("https://receiver.example/{{ send.triggeredBy }}?a", "in its query only, after the ?"),
            ("https://receiver.example/{{campaign.name}}/x", "in its query only, after the ?"),
            ("https://receiver.example/?m={{send.mesage}}", "did you mean {{send.message}}?"),
            ("https://receiver.example/?m={{x}}", "the known fields are {{send._id}}"),
            ("https://receiver.example/{{send._id", "has an unclosed {{"),
            ("https://receiver.example/?\(String(repeating: "a", count: 2048))", "2,048"),
            ("https://\(String(repeating: "a", count: 254))/", "host"),
        ]
    )
    func `an invalid URL is reported at url`(url: String, says: String) throws {
        try Self.expect(#"{"url":\#(JSON.text(url))}"#, refusedAt: "url", saying: says)
    }

    @Test(
        arguments: [
            (#"{"m": {{send.mesage}}}"#, "has the unknown field {{send.mesage}}; did you mean {{send.message}}?"),
            (#"{"m": "{{campaign.id}}"}"#, "did you mean {{campaign._id}}?"),
            (#"{"m": "{{sendid}}"}"#, "did you mean {{send._id}}?"),
            (#"{"m": "{{contact.firstname}}"}"#, "the known fields are {{send._id}}"),
            (#"{"m": "{{}}"}"#, "the known fields are"),
            (#"{"m": "{{send._id}"}"#, "has an unclosed {{"), (#"{"m": "{{send._id"#, "has an unclosed {{"),
            (#"{"m": 1"#, "is not valid JSON"), ("", "is not valid JSON"), ("hello", "is not valid JSON"),
            ("{{send._id}}{{send._id}}", "is not valid JSON"), (#"{"m": {{send._id}} x}"#, "is not valid JSON"),
            (#"{"m": "\u00{{send.destinations}}"}"#, "in an escape sequence"), (#"{"m": "\{{send._id}}"}"#, "escape"),
            (#"{"m": 0{{send.destinations}}}"#, "is not valid JSON"),
            (#"{"m": {{send.destinations}}1}"#, "is not valid JSON"), (#"{{{send._id}}: 1,}"#, "is not"),
            (#"{"m": {{campaign.name}}x}"#, "is not valid JSON"), (#"{"m": tru{{campaign.name}}}"#, "is not"),
            (#"{ {{campaign.name}}: 1}"#, "is not valid JSON"), ("{\"m\": \"a\nb\"}", "is not valid JSON"),
            ("\"\(String(repeating: "a", count: 65_536))\"", "65,536"),
        ]
    )
    func `an invalid body template is reported at body`(body: String, says: String) throws {
        try Self.expect(#"{\#(Self.good),"body":\#(JSON.text(body))}"#, refusedAt: "body", saying: says)
    }

    @Test(
        arguments: [
            ("Host", nil, "sets itself"), ("content-LENGTH", nil, "sets itself"),
            ("Transfer-Encoding", nil, "sets itself"), ("Connection", nil, "sets itself"),
            ("Content-Type", nil, "sets itself"), ("webhook-signature", nil, "sets itself"),
            ("Webhook-Id", nil, "sets itself"), ("Idempotency-Key", nil, "sets itself"), ("Expect", nil, "sets itself"),
            ("", nil, "not a valid header name"), ("a b", nil, "not a valid header name"),
            ("a:b", nil, "not a valid header name"), ("a\r\nb", #"a\r\nb"#, "not a valid header name"),
            ("ä", nil, "not a valid header name"), ("a\u{0}", #"a\u0000"#, "not a valid header name"),
            (
                String(repeating: "a", count: 101), String(repeating: "a", count: 64) + "…",
                "not a valid header name"
            ),
            ("a(b)", nil, "not a valid header name"),
        ] as [(String, String?, String)]
    )
    func `an invalid header name is reported`(name: String, path: String?, says: String) throws {
        let body = #"{\#(Self.good),"headers":{\#(JSON.text(name)):"x"}}"#
        try Self.expect(body, refusedAt: "headers.\(path ?? String(name.prefix(64)))", saying: says)
    }

    @Test(
        arguments: [
            ("a\r\nX-Evil: 1", "line breaks"), ("a\nb", "line breaks"), ("\u{0}", "printable"), ("é", "printable"),
            ("a\tb", "printable"), ("{{send.x}}", "has the unknown field {{send.x}}"),
            ("{{send._id", "has an unclosed {{"),
            ("{{send.triggerdBy}}", "did you mean {{send.triggeredBy}}?"),
            (String(repeating: "a", count: 4097), "4,096"),
        ]
    )
    func `an invalid header value is reported`(value: String, says: String) throws {
        try Self.expect(
            #"{\#(Self.good),"headers":{"X-A":\#(JSON.text(value))}}"#,
            refusedAt: "headers.X-A",
            saying: says
        )
    }

    @Test(
        arguments: [
            ("\"methode\":\"GET\"", "methode", "did you mean \"method\"?"), ("\"URL\":\"x\"", "URL", "\"url\""),
            ("\"campaignId\":[]", "campaignId", "\"campaign_id\""), ("\"encodeIntoURL\":true", "encodeIntoURL", "Url"),
            ("\"zzzz\":1", "zzzz", "the known fields are"), ("\"_id\":\"a\"", "_id", "read-only"),
            ("\"paused\":null", "paused", "is read-only; omit it"), ("\"state\":\"paused\"", "state", "set active"),
            ("\"name\":7", "name", "a string"),
            ("\"name\":\" a\"", "name", "100"), ("\"name\":\"a\\nb\"", "name", "control"),
            ("\"method\":\"PUT\"", "method", "\"POST\" or \"GET\""), ("\"method\":\"get\"", "method", "\"GET\""),
            ("\"method\":null", "method", "a string"), ("\"active\":1", "active", "true or false"),
            ("\"active\":\"true\"", "active", "true or false"), ("\"encodeIntoUrl\":null", "encodeIntoUrl", "true or"),
            ("\"campaign_id\":\"a\"", "campaign_id", "an array"), ("\"campaign_id\":[1]", "campaign_id[0]", "1 to 64"),
            ("\"campaign_id\":[]", "campaign_id", "must not be an empty array; omit it for all campaigns"),
            ("\"campaign_id\":[\"a\",\"b c\"]", "campaign_id[1]", "1 to 64"), ("\"headers\":[]", "headers", "object"),
            ("\"headers\":{\"a\":1}", "headers.a", "a string"),
            ("\"headers\":{\"a\":\"\",\"A\":\"\"}", "headers.A", "once"),
            ("\"body\":{\"a\":1}", "body", "a string that contains JSON"), ("\"body\":7", "body", "a string"),
            ("\"secret\":\"abc\"", "secret", "whsec_"), ("\"secret\":\"whsec_QUJD\"", "secret", "24 to 64"),
            ("\"rotateSecret\":true", "rotateSecret", "must not be true for a new webhook"),
            ("\"url\":\"https://b\"", "url", "once"),
            ("\"method\":\"GET\",\"body\":\"{}\"", "method", "GET sends no body"),
            ("\"encodeIntoUrl\":true", "body", "is required if encodeIntoUrl is true"),
            ("\"encodeIntoUrl\":true,\"body\":\"[1]\"", "body", "must be an object"),
            ("\"encodeIntoUrl\":true,\"body\":\"{{send._id}}\"", "body", "must be an object"),
            ("\"encodeIntoUrl\":true,\"body\":\" {{send.destinations}}\"", "body", "must be an object"),
        ]
    )
    func `an invalid field is reported by its name`(fields: String, path: String, says: String) throws {
        try Self.expect("{\(Self.good),\(fields)}", refusedAt: path, saying: says)
    }

    @Test func `too many headers or campaigns are reported with their number`() throws {
        let headers = (0...20).map { #""X-\#($0)":"x""# }.joined(separator: ",")
        try Self.expect("{\(Self.good),\"headers\":{\(headers)}}", refusedAt: "headers", saying: "it has 21")
        let campaigns = (0...1000).map { #""c\#($0)""# }.joined(separator: ",")
        try Self.expect("{\(Self.good),\"campaign_id\":[\(campaigns)]}", refusedAt: "campaign_id", saying: "1001")
    }

    @Test(arguments: ["", "[]", "null", #"{"url":"#, "7", "\"x\""])
    func `a body that is not an object is reported`(body: String) throws {
        let response = try Self.owner.get().post("/webhooks", body)
        try expectFailure(response, 400, "invalid_request")
    }

    @Test func `all issues are reported at once`() throws {
        let body = #"{"url":"x","method":1,"headers":{"Host":"a","X":7},"active":3,"body":"{"}"#
        let response = try Self.owner.get().post("/webhooks", body)
        try expectFailure(response, 400, "invalid_request")
        let paths = try response.json()["error"]["issues"].elements.compactMap(\.["path"].string)
        #expect(Set(paths) == ["url", "method", "headers.Host", "headers.X", "active", "body"])
    }

    @Test func `a refused change changes nothing`() throws {
        let tenant = try Shared.server.tenant(permissions: "webhook")
        let made = try tenant.post("/webhooks", #"{\#(Self.good),"name":"Old","body":"{}"}"#).data(201)
        let path = "/webhooks/\(made["_id"].string ?? "")"
        let before = try tenant.get(path).dataText
        let changes = [
            #"{"name":"New","url":"x"}"#, #"{"name":"New","nam":"x"}"#, #"{"active":false,"method":"GET"}"#,
            #"{"name":"New","encodeIntoUrl":true,"body":null}"#, #"{"name":"New","headers":{"Host":"x"}}"#,
            #"{"secret":"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw","rotateSecret":true}"#, #"{"name":"New""#, "[]",
            #"{"name":"New","url":null}"#,
        ]
        for change in changes {
            let response = try tenant.request("PUT", path, body: Array(change.utf8))
            try expectFailure(response, 400, "invalid_request")
            #expect(try tenant.get(path).dataText == before, "\(change)")
        }
    }

    @Test(
        arguments: [
            ("/deliveries?state=lost", "state"), ("/deliveries?state=", "state"), ("/deliveries?limit=0", "limit"),
            ("/deliveries?limit=1001", "limit"), ("/deliveries?limit=x", "limit"), ("/deliveries?before=x", "before"),
            ("/deliveries?before=-1", "before"), ("/deliveries?skip=1", "skip"),
            ("/deliveries?limit=1&limit=2", "limit"),
        ]
    )
    func `an invalid parameter of deliveries is reported by its name`(query: String, name: String) throws {
        let tenant = try Self.owner.get()
        let id = try Self.anyWebhook.get()
        try expectFailure(tenant.get("/webhooks/\(id)\(query)"), 400, "invalid_request", says: name, issue: name)
    }

    @Test(
        arguments: [
            (#"{"send_id":7}"#, "send_id"), (#"{"sendId":"a"}"#, "sendId"), (#"{"send_id":"a b"}"#, "send_id"),
            (#"{"send_id":"a","send_id":"b"}"#, "send_id"), ("[]", ""),
        ]
    )
    func `an invalid field of a test request is reported by its name`(body: String, path: String) throws {
        let id = try Self.anyWebhook.get()
        try expectFailure(Self.owner.get().post("/webhooks/\(id)/test", body), 400, "invalid_request", issue: path)
    }

    private static let anyWebhook = Result {
        try owner.get().post("/webhooks", "{\(good)}").data(201)["_id"].string ?? ""
    }
}
