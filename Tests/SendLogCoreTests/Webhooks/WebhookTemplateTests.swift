import TestSupport
import Testing

@testable import SendLogCore

/// Rendered templates, and invalid ones.
struct WebhookTemplateTests {
    /// Returns a send whose texts need escapes in JSON, URLs and headers.
    private static func send(
        message: String = "Hi \"{{contact.firstname}}\" \\ {{send._id}}\n😀",
        triggeredBy: String = "a\r\nX-Evil: 1&b=2/../%",
        name: String? = nil
    ) throws -> WebhookSend {
        var record: [UInt8] = []
        record.append("{\"_id\":\"send1\",\"campaign_id\":\"camp1\",\"message\":")
        record.appendJSON(message)
        record.append(",\"triggeredBy\":")
        record.appendJSON(triggeredBy)
        record.append(",\"startDeliveryAt\":\"2022-01-26T08:00:00.000Z\"")
        let log = StoredSendLog(sequence: SequenceNumber(7), record: record, destinations: 1200)
        return try WebhookSend(log, campaignName: name.flatMap { CampaignName($0) }, of: OrganisationID(3))
    }

    private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

    private static func issues(_ body: () throws(InvalidInput) -> Void) -> [String] {
        do throws(InvalidInput) { try body() } catch { return error.issues.map { "\($0.path) \($0.message)" } }
        return []
    }

    @Test func `a field is text within a string, and a JSON value outside strings`() throws {
        let body = try WebhookBody(
            #"{"id":"{{send._id}}","text":"<{{ send.message }}>","why":{{send.triggeredBy}},"count":{{  send.destinations }},"name":{{campaign.name}},"in":"{{campaign.name}}","org":"{{organisation._id}}","of":["{{campaign._id}}/{{send.campaign_id}}"],"at":{{send.startDeliveryAt}}}"#
        )
        let rendered = Self.text(body.rendered(for: try Self.send()))
        #expect(
            rendered
                == #"{"id":"send1","text":"<Hi \"{{contact.firstname}}\" \\ {{send._id}}\n😀>","why":"a\r\nX-Evil: 1&b=2/../%","count":1200,"name":null,"in":"","org":"3","of":["camp1/camp1"],"at":"2022-01-26T08:00:00.000Z"}"#
        )
        let named = Self.text(body.rendered(for: try Self.send(name: "Spring \"sale\"")))
        #expect(named.contains(#""name":"Spring \"sale\"","in":"Spring \"sale\"""#))
    }

    @Test(arguments: [
        "{{send.destinations}}", "\"{{send.message}}\"", "[1{{send.destinations}}, -{{send.destinations}}.5]",
        "{\"\\u00e9{{send._id}}\": 1}", "{\"a\":{\"b\":{{send._id}}}}", "{{{send._id}}:{{{send.triggeredBy}}:1}}",
        " null ",
    ])
    func `valid bodies are accepted`(body: String) throws {
        _ = try WebhookBody(body)
    }

    @Test(arguments: [
        ("", "is not valid JSON"), ("{\"a\":}", "is not valid JSON"),
        ("{\"a\":0{{send.destinations}}}", "is not valid JSON"),
        ("{\"a\":1{{send._id}}}", "is not valid JSON"), ("{{{campaign.name}}:1}", "is not valid JSON"),
        ("{ {{campaign.name}}:1}", "is not valid JSON"), ("{\"a\":\"{{send._id}\"}", "has an unclosed {{"),
        ("{\"a\":\"\\{{send._id}}\"}", "in an escape sequence"),
        ("{\"a\":\"\\u00{{send.destinations}}\"}", "in an escape sequence"),
        ("{\"a\":\"{{send.id}}\"}", "has the unknown field {{send.id}}; did you mean {{send._id}}?"),
        ("{\"a\":\"{{campain.name}}\"}", "did you mean {{campaign.name}}?"),
        ("{\"a\":\"{{contact.firstname}}\"}", "the known fields are {{send._id}}, "),
        ("{\"a\":\"{{}}\"}", "has the unknown field {{}}"),
        ("{\"a\":\"{{send. _id}}\"}", "has the unknown field"),
    ])
    func `invalid bodies, and those that could render to invalid JSON, are refused`(body: String, why: String) {
        let issues = Self.issues { () throws(InvalidInput) in _ = try WebhookBody(body) }
        #expect(issues.count == 1)
        #expect(issues.first?.hasPrefix("body ") == true)
        #expect(issues.first?.contains(why) == true, "\(issues)")
    }

    @Test func `each unknown field of a template is reported`() {
        let issues = Self.issues { () throws(InvalidInput) in _ = try WebhookBody("[{{a.b}},{{c.d}}]") }
        #expect(issues.count == 2)
    }

    @Test func `a field in a URL is percent-encoded`() throws {
        let url = try WebhookURL(
            "https://Example.com:8443/sends/{{send._id}}/{{campaign._id}}?why={{send.triggeredBy}}&m={{send.message}}"
        )
        #expect(url.host == "example.com" && url.port == 8443 && url.scheme == "https")
        let send = try Self.send(message: "a b&c=/?#é")
        #expect(
            url.rendered(for: send).url
                == "https://Example.com:8443/sends/send1/camp1?why=a%0D%0AX-Evil%3A%201%26b%3D2%2F..%2F%25&m=a%20b%26c%3D%2F%3F%23%C3%A9"
        )
    }

    @Test(arguments: [
        ("http://a", "a", 80), ("https://a", "a", 443), ("http://[::1]:8080/x", "::1", 8080), ("HTTP://A:1/?x", "a", 1),
        ("http://[2001:db8::1]", "2001:db8::1", 80), ("http://1.2.3.4?x={{send.message}}", "1.2.3.4", 80),
    ])
    func `valid URLs are accepted`(text: String, host: String, port: Int) throws {
        let url = try WebhookURL(text)
        #expect(url.host == host && url.port == port)
    }

    @Test(arguments: [
        ("ftp://a/", "must begin with"), ("example.com", "must begin with"),
        ("http://", "must have a host after http://"),
        ("http://{{send._id}}/", "must have a host after"),
        ("http://a{{send._id}}", "a / between them and the first {{…}}"),
        ("http://a.{{send._id}}.com/", "a / between them and the first {{…}}"),
        ("http://a:{{send.destinations}}/", "a / between them and the first {{…}}"),
        ("http://u:p@a/", "must not have a user name"), ("http://a:0/", "port"), ("http://a:65536/", "port"),
        ("http://a:+1/", "port"), ("http://a:/", "port"), ("http://a/#x", "must not have a fragment"),
        ("http://a/ b", "percent-encoded"),
        ("http://a/é", "percent-encoded"), ("http://é.com/", "xn--"), ("http://a\\b/", "xn--"),
        ("http://[::1/", "xn--"),
        ("http://[abc]/", "IPv6"), ("http://a/{{send.message}}", "in its query only, after the ?"),
        ("http://a/{{campaign.name}}?x", "in its query only, after the ?"),
        ("http://a/{{send.x}}", "has the unknown field"),
        ("http://a/\r\nHost: b", "percent-encoded"), ("http:///path", "xn--"),
    ])
    func `invalid URLs are refused`(text: String, why: String) {
        let issues = Self.issues { () throws(InvalidInput) in _ = try WebhookURL(text) }
        #expect(issues.first?.hasPrefix("url ") == true)
        #expect(issues.first?.contains(why) == true, "\(issues)")
    }

    @Test func `a header's value is one line of printable ASCII`() throws {
        let header = try WebhookHeader("X-Why", "why: {{send.triggeredBy}} {{send.message}}")
        let value = header.rendered(for: try Self.send(message: "é 50%"))
        #expect(value == "why: a%0D%0AX-Evil: 1&b=2/../%25 %C3%A9 50%25")
    }

    @Test(arguments: [
        ("", "x", "is not a valid header name"), ("a b", "x", "is not a valid header name"),
        ("a:", "x", "is not a valid header name"), ("ä", "x", "is not a valid header name"),
        ("a\r\nb", "x", "is not a valid header name"), ("Host", "x", "sets itself"),
        ("content-length", "x", "sets itself"),
        ("Webhook-Signature", "x", "sets itself"), ("a", "b\r\nc: d", "printable ASCII"), ("a", "é", "printable ASCII"),
        ("a", "{{send.x}}", "has the unknown field"),
    ])
    func `invalid headers are refused`(name: String, value: String, why: String) {
        let issues = Self.issues { () throws(InvalidInput) in _ = try WebhookHeader(name, value) }
        #expect(issues.first?.hasPrefix("headers.") == true)
        #expect(issues.first?.contains(why) == true, "\(issues)")
    }

    @Test func `members of the body become query parameters`() throws {
        let body = try WebhookBody(
            #"{"id":"{{send._id}}","text":"{{send.message}}","n":{{send.destinations}},"name":{{campaign.name}},"list":[1,{"a b":null}],"yes":true,"é&":"x"}"#
        )
        let query = WebhookURL.query(of: body.rendered(for: try Self.send(message: "a&b=c d")))
        #expect(
            query
                == "id=send1&text=a%26b%3Dc%20d&n=1200&name=&list=%5B1%2C%7B%22a%20b%22%3Anull%7D%5D&yes=true&%C3%A9%26=x"
        )
        let url = try WebhookURL("http://a/x?y=1")
        #expect(url.rendered(for: try Self.send(), query: "a=1").url == "http://a/x?y=1&a=1")
    }

    @Test func `the rendered body is valid JSON for any message`() throws {
        let body = try WebhookBody(#"{"in":"{{send.message}}{{send.triggeredBy}}","by":{{send.message}}}"#)
        var random = SplitMix64(defaultSeed: 42)
        let scalars: [Unicode.Scalar] = [
            "\"", "\\", "{", "}", "/", "\n", "\r", "\t", "\u{0}", "\u{1f}", "\u{7f}", "\u{2028}", "a", "é", "😀", "u",
        ]
        for _ in 0..<500 {
            var message = ""
            for _ in 0..<Int(random.next() % 30) {
                message.unicodeScalars.append(scalars[Int(random.next() % UInt64(scalars.count))])
            }
            let rendered = body.rendered(for: try Self.send(message: message, triggeredBy: message))
            let value = try rendered.withUnsafeBufferPointer { try JSONValue(utf8: $0) }
            guard case .object(let members) = value else { throw InvalidInput(path: "", "is not an object") }
            #expect(members[0].value == .string(message + message))
            #expect(members[1].value == .string(message))
        }
    }
}
