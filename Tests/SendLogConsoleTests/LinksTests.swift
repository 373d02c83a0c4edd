import Testing

@testable import SendLogConsole

/// Pages of a console that a proxy publishes under a base path.
struct LinksTests {
    private func html(_ text: String, below basePath: String = "/log") -> String {
        String(decoding: Array(text.utf8).withLinks(below: basePath), as: UTF8.self)
    }

    @Test(arguments: [
        (#"<a href="/console">"#, #"<a href="/log/console">"#),
        (#"<a class=name href="/console/sends?a=/b">"#, #"<a class=name href="/log/console/sends?a=/b">"#),
        (#"<form method=post action="/console/keys">"#, #"<form method=post action="/log/console/keys">"#),
        (#"<button formaction="/console/x#y">"#, #"<button formaction="/log/console/x#y">"#),
        (#"<script src="/s.js" defer>"#, #"<script src="/log/s.js" defer>"#),
        (
            #"<form data-preview="/p"><input data-suggest="/s">"#,
            #"<form data-preview="/log/p"><input data-suggest="/log/s">"#
        ),
        (#"<a href="/a"></a><a href="/b">/c</a>"#, #"<a href="/log/a"></a><a href="/log/b">/c</a>"#),
    ])
    func `a path in a link gets the base path`(page: String, expected: String) {
        #expect(html(page) == expected)
        #expect(html(page, below: "") == page)
    }

    @Test(arguments: [
        "<a href=\"#main\">", "<a href=\"https://www.standardwebhooks.com\">",
        "<input name=next value=\"/console/keys\">",
        "<p> href=&quot;/console&quot;</p>", "<p>=\"/</p>", "\"/", "/", "", "<input data-href=\"/x\">", "=\"",
        "href=\"/x\"",
    ])
    func `texts, fields and other addresses stay as they are`(page: String) {
        #expect(html(page) == page)
    }

    @Test func `every template has its addresses in double quotes`() throws {
        try #require(!Templates.sources.isEmpty)
        for (name, text) in Templates.sources {
            let text = String(decoding: text, as: UTF8.self)
            #expect(
                text.firstMatch(of: /(href|src|action|formaction|data-suggest|data-preview)=[^"]/) == nil,
                "\(name)"
            )
        }
    }

    @Test(arguments: [
        ("/console/keys?a=1", "/console/keys?a=1"), ("/log/console/keys", "/console/keys"),
        ("/log/console", "/console"),
        (nil, "/console"), ("", "/console"), ("/log", "/console"), ("/logs/console/keys", "/console"),
        ("/log//elsewhere.example/console/", "/console"), ("/log/log/console/keys", "/console"),
        ("/console/../other", "/console"), ("/console/%2e%2e/other", "/console"), ("/console/.%2E/x", "/console"),
        ("/log/console/..", "/console"), ("/log/console/sign-out", "/console"),
        ("/log/console/\r\nX: y", "/console"), ("//log/console/keys", "/console"), ("/log\\console/keys", "/console"),
    ])
    func `a return path is a page of the console, with and without the base path`(text: String?, path: String) {
        #expect(ReturnPath.valid(text, below: "/log") == path)
    }

    @Test func `without a base path, a path that begins with another one is no page`() {
        #expect(ReturnPath.valid("/log/console/keys", below: "") == "/console")
        #expect(ReturnPath.valid("/console/keys", below: "") == "/console/keys")
    }
}
