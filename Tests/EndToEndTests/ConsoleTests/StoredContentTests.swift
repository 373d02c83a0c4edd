import Testing

/// Pages show all stored content as text, with markup escaped.
@Suite struct StoredContentTests {
    private static let attacks = [
        "<script>window.hacked = 1</script>", "<img src=x onerror='window.hacked = 1'>",
        "\"><svg onload=window.hacked=1>",
        "' onmouseover='window.hacked=1", "</title></style></textarea></script><h1>taken over</h1>", "<!-- ", "]]>",
        "&lt;b&gt; &amp; &#39;", "{{title}} {{{rows}}} {{#rows}}x{{/rows}} {{> head}}", "{{contact.<b>name</b>}}",
        "{{a}}{{ b }}{{}}{{{c}}}{{d", "javascript:window.hacked=1", "https://elsewhere.example/x.png",
        "\u{202e}txt.exe", "\u{2066}isolated\u{2069} \u{200b}", "عربي עברית {{contact.name}}", "😀👩‍👩‍👧‍👦 🇿🇦",
        "\u{0}\u{7}\u{1b}[31m\u{85}",
        // Swift sees one grapheme cluster where a browser sees markup.
        "x\"\u{301}>\u{301}\u{600}<img src=/x a\u{301}>\u{301}\u{600}<script src=/x a\u{301}>\u{301}",
        "\u{600}<!--rows-->\u{301}",
        "\u{200e}\u{200f}\u{61c}\u{feff}\u{2060}\u{ad}", "line\nbreak\r\nand\ttab", "a\u{301}\u{301}\u{301}", "=1+1",
        "${7*7} #{7*7} %s", "\\u003cscript\\u003e",
    ]

    /// The text that a page must show, with invisible characters as `U+XXXX`.
    private static func shown(_ text: String) -> String {
        String(
            String.UnicodeScalarView(
                text.unicodeScalars.flatMap { scalar -> [Unicode.Scalar] in
                    switch scalar.value {
                    case 0...8, 0xb, 0xc, 0xe...0x1f, 0x7f...0x9f, 0xad, 0x61c, 0xfeff, 0x2060, 0x200b, 0x200e, 0x200f,
                        0x202a...0x202e, 0x2066...0x2069:
                        let digits = String(scalar.value, radix: 16, uppercase: true)
                        return Array("U+\(String(repeating: "0", count: 4 - digits.count))\(digits)".unicodeScalars)
                    default: return [scalar]
                    }
                }
            )
        ).replacing("\r\n", with: "\n")
    }

    @Test func `messages, names and reasons with markup, braces and bidi controls are shown as text`() throws {
        let tenant = try Shared.server.tenant(permissions: "*")
        try tenant.record(
            Self.attacks.enumerated().map { number, text in
                SampleLog(
                    id: "send-\(number)",
                    campaign: "campaign-\(number)",
                    message: text,
                    triggeredBy: String(text.unicodeScalars.prefix(64).map(Character.init)),
                    destinations: ["27821234567"]
                )
            }
        )
        let names = Self.attacks.map { text in
            String(String.UnicodeScalarView(text.unicodeScalars.filter { $0.properties.generalCategory != .control }))
        }
        for (number, name) in names.enumerated() {
            let body = "{\"name\":\(JSON.text(name.trimmingSpaces))}"
            _ = try tenant.request("PUT", "/campaigns/campaign-\(number)", body: Array(body.utf8)).data()
        }
        let user = try ConsoleUser(tenant.server)
        let page = user.page
        try user.signIn(tenant.key)
        func texts(_ selector: String) throws -> [String] {
            let texts = "[...document.querySelectorAll('\(selector)')].map((e) => e.textContent)"
            return try page.evaluate(texts).elements.compactMap(\.string)
        }
        #expect(try texts("td.message bdi").reversed() == Self.attacks.map(Self.shown))
        #expect(try texts("td.campaign bdi").reversed() == names.map { Self.shown($0.trimmingSpaces) })
        try expectHarmless(user)
        try user.open("/console/campaigns?sort=firstSendAt")
        #expect(try Set(texts("td.campaign bdi")) == Set(names.map { Self.shown($0.trimmingSpaces) }))
        try expectHarmless(user)
        for (number, text) in Self.attacks.enumerated() {
            try user.open("/console/sends/send-\(number)")
            #expect(try texts(".message-text") == [Self.shown(text)])
            try expectHarmless(user)
        }
    }

    @Test func `input in forms and URLs is shown as text`() throws {
        let tenant = try Shared.server.tenant(permissions: "*")
        try tenant.record(SampleLog(id: "send-1"))
        let user = try ConsoleUser(tenant.server)
        try user.signIn(tenant.key)
        for attack in Self.attacks {
            let query = attack.utf8.map {
                "%" + (String($0 + 0, radix: 16).count < 2 ? "0" : "") + String($0, radix: 16)
            }.joined()
            for path in [
                "/console/campaigns?search=\(query)", "/console/campaigns?sort=\(query)",
                "/console/sends?campaign=\(query)&from=\(query)", "/console/sends?\(query)=1",
                "/console/sends/send-1?recipient=\(query)", "/console/sends/send-1?page=\(query)",
                "/console/keys?\(query)=1", "/console/time-zone?next=\(query)", "/console/sign-in?next=\(query)",
            ] {
                try user.open(path)
                try expectHarmless(user)
            }
            try user.open("/console/sends/send-1")
            // Single-line fields cannot contain line breaks.
            let line = attack.replacing("\r\n", with: " ").replacing("\n", with: " ")
            try user.page.set(line, in: "#destination")
            try user.page.clickAndLoad(.named("Find", role: "button"))
            #expect(try user.page.exists("#destination"))
            try expectHarmless(user)
        }
    }

    @Test func `names of keys and organisations are shown as text`() throws {
        let server = try Server()
        let attack = "o\"\u{301} x=\u{600}<img src=/x a\u{301}>\u{301}"
        _ = try server.command("organisation", "create", attack).succeeded()
        let made = try server.command("key", "create", "--organisation", attack, "--permission", "*", "--name", attack)
        let user = try ConsoleUser(server)
        try user.signIn(made.succeeded().lines[0])
        for path in ["/console/keys", "/console/time-zone", "/console/sends"] {
            try user.open(path)
            try expectHarmless(user)
            #expect(try user.page.text(of: ".organisation") == attack)
            #expect(try user.page.attribute("title", of: ".user button") == "Signed in with \(attack)")
        }
    }

    @Test func `names, headers and bodies of webhooks, and responses of receivers, are shown as text`() throws {
        let server = try Server(arguments: ["--webhooks-allow", "127.0.0.1/32"])
        let (tenant, receiver) = (try server.tenant(permissions: "*"), try StubReceiver())
        let user = try ConsoleUser(server)
        let page = user.page
        try user.signIn(tenant.key)
        for (number, attack) in Self.attacks.enumerated() {
            try tenant.record(SampleLog(id: "send-\(number)", message: attack))
            try receiver.respond(500, attack)
            let name = String(
                String.UnicodeScalarView(attack.unicodeScalars.filter { $0.properties.generalCategory != .control })
            ).trimmingSpaces
            // The API refuses braces that are not a template field; the form below shows such input with its issues.
            let plain = attack.replacing("{", with: "{ ")
            let isPrintable = plain.utf8.allSatisfy { (0x20...0x7e).contains($0) }
            let definition = """
                {"name":\(JSON.text(name)),"url":"\(receiver.url)","active":false,
                "headers":{"X-Attack":\(JSON.text(isPrintable ? plain : "none"))},
                "body":\(JSON.text("[\"{{send.message}}\", \(JSON.text(plain))]"))}
                """
            let id = try tenant.post("/webhooks", definition).data(201)["_id"].plainText
            let test = try tenant.post("/webhooks/\(id)/test", "{}").data()
            try user.open("/console/webhooks/\(id)?attempted=\(test["_id"].plainText)")
            #expect(try page.evaluate("document.querySelector('h1').textContent").string == Self.shown(name))
            #expect(
                try page.evaluate("[...document.querySelectorAll('.answer')].map((e) => e.textContent)").elements
                    .compactMap(\.string) == [Self.shown(attack), Self.shown(attack)]
            )
            try expectHarmless(user)
            try user.open("/console/webhooks/\(id)/edit")
            #expect(try page.value(of: "#body") == "[\"{{send.message}}\", \(JSON.text(plain))]")
            try expectHarmless(user)
            // The preview of the script shows the issues, and the page shows them after Save.
            for field in ["#headers", "#campaigns", "#body"] {
                try page.set(attack.replacing("\r\n", with: "\n"), in: .selector(field))
            }
            // Single-line fields cannot contain line breaks.
            let line = attack.replacing("\r\n", with: " ").replacing("\n", with: " ")
            for field in ["#name", "#url", "#send"] { try page.set(line, in: .selector(field)) }
            try page.wait(for: "the issues in the preview") { try page.exists(".preview .problem") }
            try expectHarmless(user)
            try page.clickAndLoad(.named("Save", role: "button"))
            try expectHarmless(user)
            try user.open("/console/webhooks")
            try expectHarmless(user)
            _ = try tenant.request("DELETE", "/webhooks/\(id)").data()
        }
    }

    /// Expects that no script ran, nothing else was fetched, and the structure of the page is intact.
    private func expectHarmless(_ user: ConsoleUser, sourceLocation: SourceLocation = #_sourceLocation) throws {
        let page = user.page
        #expect(try page.evaluate("window.hacked === undefined").isTrue, sourceLocation: sourceLocation)
        #expect(try page.count(of: "h1") == 1, sourceLocation: sourceLocation)
        #expect(try page.count(of: "script") == 1, sourceLocation: sourceLocation)
        #expect(try page.count(of: "img, iframe, object, embed, style, base") == 0, sourceLocation: sourceLocation)
        #expect(page.hosts == ["127.0.0.1:\(user.server.port)"], sourceLocation: sourceLocation)
        let policies = page.consoleErrors.filter { $0.source != "network" }.map(\.description)
        #expect(policies.isEmpty, "\(policies)", sourceLocation: sourceLocation)
    }
}

extension String {
    fileprivate var trimmingSpaces: String {
        var scalars = unicodeScalars[...]
        while scalars.first?.properties.isWhitespace == true { scalars.removeFirst() }
        while scalars.last?.properties.isWhitespace == true { scalars.removeLast() }
        return String(scalars)
    }
}
