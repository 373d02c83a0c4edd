import Testing

@testable import SendLogConsole

/// Pages whose placeholders are filled are the same as pages that Mustache renders.
struct TemplatesTests {
    private static func pager(_ values: [String: Any]) throws -> String {
        String(decoding: try Templates().render("pager", ["pager": values]), as: UTF8.self)
    }

    private static var pages: [String: Any] {
        [
            "page": 2, "pages": "7", "most": 7, "action": "/console/sends?a=1&b=2",
            "fields": Array("<input name=\"x\">".utf8), "next": "/n?\"<'>&", "last": "/l",
        ]
    }

    @Test func `texts are escaped, and HTML is not`() throws {
        let html = try Self.pager(Self.pages)
        #expect(html.contains("action=\"/console/sends?a=1&amp;b=2\""))
        #expect(html.contains("<input name=\"x\">"))
        #expect(html.contains("href=\"/n?&quot;&lt;&#39;&gt;&amp;\" rel=\"next\""))
        #expect(html.contains("value=\"2\" min=\"1\" max=\"7\""))
        #expect(!html.contains("rel=\"first\"") && !html.contains("rel=\"prev\""))
    }

    @Test func `each shape of values has its own page, without texts of an earlier page`() throws {
        let templates = try Templates()
        func render(_ values: [String: Any]) -> String {
            String(decoding: templates.render("pager", ["pager": values]), as: UTF8.self)
        }
        let first = render(Self.pages)
        var other = Self.pages
        (other["next"], other["last"], other["first"], other["previous"]) = (nil, nil, "/f", "/p")
        #expect(render(other).contains("href=\"/f\" rel=\"first\""))
        #expect(!render(other).contains("rel=\"next\""))
        other["page"] = 3
        #expect(render(other).contains("value=\"3\""))
        #expect(render(Self.pages) == first)
        #expect(templates.render("pager", [:]).allSatisfy { $0 == UInt8(ascii: "\n") })
    }

    @Test func `an empty list has no items`() throws {
        var values: [String: Any] = ["narrow": true, "chosen": [[String: Any]]()]
        for isWithList in [false, true] {
            // A list that is not empty turns the cache of shapes off.
            values["other"] = isWithList ? [["a": 1]] as [Any] : nil
            let html = String(decoding: try Templates().render("filter", values), as: UTF8.self)
            #expect(html.contains("Show all sends"))
            #expect(!html.contains("class=\"chip\"") && !html.contains("name=\"campaign\" value=\"\">\n<div"))
            #expect(html.split(separator: "type=\"hidden\"").count == 2, "the token of the form alone")
        }
    }

    /// The values that must not be rendered as an item.
    private static let emptyValues: [(type: String, value: any Sendable)] = [
        ("texts", [String]()), ("dictionaries", [[String: any Sendable]]()),
        ("dictionaries of texts", [[String: String]]()),
        ("bytes", [UInt8]()), ("text", ""), ("numbers", [Int]()),
    ]

    /// The names of the sections of a template.
    private static func sections(_ text: [UInt8]) -> Set<String> {
        Set(String(decoding: text, as: UTF8.self).matches(of: /{{[#^]([a-z-]+)}}/).map { String($0.output.1) })
    }

    @Test(arguments: Templates.sources.map(\.name))
    func `in each template, no section has an empty list or an empty text as an item`(name: String) throws {
        let templates = try Templates()
        let all = Set(Templates.sources.flatMap { Self.sections($0.text) })
        let source = try #require(Templates.sources.first { $0.name == name })
        for section in Self.sections(source.text) {
            for hasList in [false, true] {
                // All other sections are rendered; a list that is not empty turns the cache of shapes off.
                var values: [String: Any] = ["another-list": hasList ? [["a": 1]] as [Any] : true]
                for other in all { values[other] = true }
                // Their items are texts.
                for texts in ["problems", "notes"] { values[texts] = hasList ? ["one"] as [Any] : false }
                func rendered(_ value: Any) -> String {
                    values[section] = value
                    // A template may also show the value outside of the section.
                    return String(decoding: templates.render(name, values), as: UTF8.self).replacing("false", with: "")
                }
                let expected = rendered(false)
                for (type, empty) in Self.emptyValues {
                    #expect(rendered(empty) == expected, "{{#\(section)}} of an empty value: \(type)")
                }
            }
        }
    }

    @Test func `items of lists have empty lists, empty texts and bytes as well`() throws {
        let key: [String: Any] = [
            "id": "key_1", "name": Array("<b>".utf8), "permissions": [[String: Any]](), "revoked": "",
            "state": "active",
        ]
        let values: [String: Any] = ["may-list": true, "keys": [key], "revoked": "outside"]
        let html = String(decoding: try Templates().render("keys", values), as: UTF8.self)
        #expect(html.contains("<bdi><b></bdi> <code>key_1</code>"))
        #expect(html.contains("<td data-label=\"Permissions\"></td>") && html.contains(">active\n"))
    }

    @Test(arguments: ["\u{1}next\u{1}", "\u{2}pager.last\u{2}", "\u{1}<b>\u{1}", "\u{1}pager.fields\u{1}"])
    func `a text that looks like a placeholder is rendered as text`(text: String) throws {
        var values = Self.pages
        values["next"] = text
        let html = try Self.pager(values)
        #expect(html.contains("href=\"\(text.replacing("<b>", with: "&lt;b&gt;"))\" rel=\"next\""))
        #expect(html.contains("href=\"/l\" rel=\"last\""))
        // Mustache renders each page that has lists.
        let problems = try Templates().render("keys", ["head": "", "problems": [text, "<b>"]])
        let list = String(decoding: problems, as: UTF8.self)
        #expect(list.contains("&lt;b&gt;") && !list.contains("<b>"))
    }
}
