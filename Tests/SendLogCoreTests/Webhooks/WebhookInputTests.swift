import Testing

@testable import SendLogCore

/// Parsing and storing the JSON of webhooks.
struct WebhookInputTests {
    private static func read(
        _ json: String,
        changing present: WebhookDefinition? = nil
    ) throws -> Result<WebhookInput, InvalidInput> {
        let value = try Array(json.utf8).withUnsafeBufferPointer { try JSONValue(utf8: $0) }
        do throws(InvalidInput) { return .success(try WebhookInput(value, changing: present)) } catch {
            return .failure(error)
        }
    }

    private static func issues(_ json: String, changing present: WebhookDefinition? = nil) throws -> [String] {
        switch try read(json, changing: present) {
        case .success: []
        case .failure(let error): error.issues.map { "\($0.path) \($0.message)" }
        }
    }

    private static let whole = """
        {"name":"CRM","url":"https://crm.example/x?s={{send._id}}","method":"GET","campaign_id":["b","a","b"],\
        "headers":{"Authorization":"Bearer x","X-Send":"{{send._id}}"},"body":"{\\"n\\":{{send.destinations}}}",\
        "encodeIntoUrl":true,"active":false}
        """

    @Test func `a webhook is parsed, stored and read unchanged`() throws {
        let input = try Self.read(Self.whole).get()
        let definition = input.definition
        #expect(definition.name == "CRM" && definition.method == .get && !definition.isActive)
        #expect(definition.campaigns.map(\.text) == ["b", "a"])
        #expect(definition.headers.map(\.name) == ["Authorization", "X-Send"])
        #expect(try WebhookDefinition(stored: definition.stored) == definition)
    }

    @Test func `a field that only responses have is refused as read-only`() throws {
        for field in WebhookInput.readOnlyFields where field != "state" {
            #expect(try Self.issues(#"{"url":"https://a","\#(field)":null}"#) == ["\(field) is read-only; omit it"])
        }
        let state = "state is read-only; omit it, or set active to true or false"
        #expect(try Self.issues(#"{"url":"https://a","state":"active"}"#) == [state])
    }

    @Test func `a missing field has its default`() throws {
        let definition = try Self.read(#"{"url":"https://a"}"#).get().definition
        #expect(definition.method == .post && definition.isActive && definition.body == nil)
        #expect(definition.campaigns.isEmpty && definition.headers.isEmpty && !definition.encodesIntoURL)
    }

    @Test func `an update to an empty array of campaigns is refused, with the value for all campaigns`() throws {
        let before = try Self.read(Self.whole).get().definition
        #expect(
            try Self.issues(#"{"campaign_id":[]}"#, changing: before)
                == ["campaign_id must not be an empty array; set it to null for all campaigns"]
        )
    }

    @Test func `a webhook that was stored with an empty array of campaigns is for all of them`() throws {
        let stored = #"{"name":"","url":"https://a","method":"POST","campaign_id":[],"headers":{},"body":null}"#
        let definition = try WebhookDefinition(stored: stored)
        #expect(definition.campaigns.isEmpty)
        // It is written as a client can send it back.
        #expect(definition.stored.contains(#""campaign_id":null"#))
        #expect(try WebhookDefinition(stored: definition.stored) == definition)
    }

    @Test func `names and texts of clients are escaped in messages`() throws {
        let issues = try Self.issues(
            #"{"url":"https://a/?{{\u0007}}","a\u202e":1,"headers":{"b\n":"c"},"method":"\"\u0000"}"#
        )
        #expect(issues.contains { $0.hasPrefix(#"a\u202e is not a known field"#) }, "\(issues)")
        #expect(issues.contains { $0.hasPrefix(#"headers.b\n is not a valid header name"#) }, "\(issues)")
        #expect(issues.contains { $0.contains(#"not "\"\u0000""#) }, "\(issues)")
        #expect(issues.contains { $0.contains(#"has the unknown field {{\u0007}}"#) }, "\(issues)")
    }

    @Test func `an update changes only the given fields`() throws {
        let before = try Self.read(Self.whole).get().definition
        let after = try Self.read(#"{"active":true,"campaign_id":null}"#, changing: before).get().definition
        #expect(after.isActive && after.campaigns.isEmpty)
        #expect(after.url == before.url && after.headers == before.headers && after.body == before.body)
    }

    @Test(arguments: [
        ("[]", " must be an object"), ("{}", "url is required"), (#"{"url":1}"#, "url must be a string, not a number"),
        (#"{"url":"https://a","methode":"GET"}"#, "methode is not a known field; did you mean \"method\"?"),
        (#"{"url":"https://a","method":"PUT"}"#, "method must be \"POST\" or \"GET\", not \"PUT\""),
        (#"{"url":"https://a","method":"GET","body":"{}"}"#, "method GET sends no body"),
        (#"{"url":"https://a","encodeIntoUrl":true}"#, "body is required if encodeIntoUrl is true"),
        (#"{"url":"https://a","encodeIntoUrl":true,"body":"[1]"}"#, "body must be an object"),
        (#"{"url":"https://a","encodeIntoUrl":1}"#, "encodeIntoUrl must be true or false"),
        (#"{"url":"https://a","body":{"a":1}}"#, "body must be a string that contains JSON, not an object"),
        (#"{"url":"https://a","campaign_id":"x"}"#, "campaign_id must be an array"),
        (#"{"url":"https://a","campaign_id":[]}"#, "campaign_id must not be an empty array; omit it for all campaigns"),
        (#"{"url":"https://a","campaign_id":["a b"]}"#, "campaign_id[0] must be 1 to 64"),
        (#"{"url":"https://a","headers":[]}"#, "headers must be an object"),
        (#"{"url":"https://a","headers":{"a":1}}"#, "headers.a must be a string"),
        (#"{"url":"https://a","headers":{"a":"1","A":"2"}}"#, "headers.A must be given only once"),
        (#"{"url":"https://a","name":" x"}"#, "name must be at most 100"),
        (#"{"url":"https://a","secret":"abc"}"#, "secret must be whsec_ followed by"),
        (#"{"url":"https://a","rotateSecret":true}"#, "rotateSecret must not be true for a new webhook"),
        (#"{"url":"https://a","url":"https://b"}"#, "url must be given only once"),
    ])
    func `an issue is reported by its field`(json: String, why: String) throws {
        let issues = try Self.issues(json)
        #expect(issues.contains { $0.hasPrefix(why) }, "\(issues)")
    }

    @Test func `a template can have the message four times, which bounds the size of a request`() throws {
        func webhook(_ count: Int) -> String {
            let text = String(repeating: "{{send.message}}", count: count)
            return #"{"url":"https://a/?m=\#(text)","headers":{"X-M":"\#(text)"},"body":"[\"\#(text)\"]"}"#
        }
        let definition = try Self.read(webhook(4)).get().definition
        #expect(try WebhookDefinition(stored: definition.stored) == definition)
        let message = "has {{send.message}} 5 times; at most 4 are allowed"
        #expect(try Self.issues(webhook(5)) == ["headers.X-M \(message)", "url \(message)", "body \(message)"])
    }

    @Test func `all issues are reported at once`() throws {
        let issues = try Self.issues(#"{"url":"x","method":1,"headers":{"Host":"a","":"b"},"name":7}"#)
        #expect(issues.count == 5)
    }

    @Test(arguments: [
        ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", true), ("whsec_", false),
        ("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", false),
        ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS", false), ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLa-_", false),
        ("whsec_QUJD", false), ("whsec_" + String(repeating: "QUJD", count: 22), false),
        ("whsec_" + String(repeating: "QUJD", count: 21), true),
    ])
    func `secrets have the format of Standard Webhooks`(text: String, isValid: Bool) {
        #expect(WebhookSecret.isValid(text) == isValid)
    }

    @Test func `secrets are stored with their times`() throws {
        let moment = try #require(Timestamp(milliseconds: 5))
        let secrets = [
            WebhookSecret(text: "whsec_a", created: moment),
            WebhookSecret(text: "b", created: .earliest, expires: moment),
        ]
        #expect(try WebhookSecret.read(stored: WebhookSecret.stored(secrets)) == secrets)
    }

    @Test func `attempts are stored and read unchanged`() throws {
        let moment = try #require(Timestamp(milliseconds: 1_700_000_000_123))
        let attempts = [
            DeliveryAttempt(at: moment, duration: 12, status: 500, responseBody: Array("\u{0}\"\\\n é😀".utf8)),
            DeliveryAttempt(at: moment, duration: 10_000, problem: "no answer"),
        ]
        #expect(Array(attempts.json.utf8).withUnsafeBufferPointer { DeliveryAttempt.read($0) } == attempts)
    }

    @Test(arguments: [
        ("12", true), ("0-t5", true), ("-1", false), ("01", false), ("1-t", false), ("1-t05", false), ("x", false),
    ])
    func `delivery ids are parsed`(text: String, isValid: Bool) {
        #expect((DeliveryID(text)?.description == text) == isValid)
    }
}
