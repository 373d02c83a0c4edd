import NIOHTTP1
import SendLogAPI
import SendLogCore
import SendLogHTTP

/// Renders pages, all of them within the same frame and with the same guards.
struct Pages: Sendable {
    let templates: Templates
    let assets: Assets
    private let heads = KeptHTML<[String]>(most: 2 << 20)

    init(templates: Templates, assets: Assets) {
        self.templates = templates
        self.assets = assets
    }

    /// Nothing is fetched, run, framed or sent but what is this server's own (<https://www.w3.org/TR/CSP3/>).
    private static let policy =
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "
        + "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

    /// A page.
    ///
    /// - Parameters:
    ///   - name: its template
    ///   - title: what it is called
    ///   - request: what is answered
    ///   - visitor: who is signed in; `nil` for nobody
    ///   - section: which part of the console it belongs to
    ///   - status: how the answer is
    ///   - values: what the template shows
    ///   - rows: HTML that takes the place of ``rowsMark`` in what is rendered; there may be much of it
    /// - Returns: the answer.
    func answer(
        _ name: String,
        title: String,
        to request: HTTPRequest,
        visitor: Visitor?,
        section: Visitor.Section? = nil,
        status: HTTPResponseStatus = .ok,
        _ values: [String: Any],
        rows: [UInt8] = []
    ) -> Answer {
        var values = values
        values["form-token"] = values["form-token"] ?? visitor?.formToken
        values["head"] = head(title, visitor, section, isRefreshed: values["refresh"] != nil)
        let text = templates.render(name, values)
        var parts = [text]
        if !rows.isEmpty, let place = Self.place(of: Array(Self.rowsMark.utf8), in: text) {
            parts = [Array(text[..<place]), rows, Array(text[(place + Self.rowsMark.utf8.count)...])]
        }
        var answer = Answer(parts: parts, type: "text/html; charset=utf-8", packedFor: request)
        answer.status = status
        answer.fields += Self.guards
        return answer
    }

    /// Where a template has its rows; nothing that is escaped can look like it.
    static let rowsMark = "<!--rows-->"

    private static func place(of mark: [UInt8], in text: [UInt8]) -> Int? {
        text.withUnsafeBufferPointer { text in
            text.indices.first { place in
                text[place] == mark[0] && place + mark.count <= text.count
                    && mark.indices.allSatisfy { text[place + $0] == mark[$0] }
            }
        }
    }

    /// The beginning of a page, which is the same for as long as somebody stays in one part of the console.
    private func head(
        _ title: String,
        _ visitor: Visitor?,
        _ section: Visitor.Section?,
        isRefreshed: Bool
    ) -> String {
        let key = [title, visitor?.formToken ?? "", visitor?.zone.name ?? "", section?.rawValue ?? ""]
        if !isRefreshed, let known = heads[key] { return known }
        var values: [String: Any] = ["title": title, "refresh": isRefreshed]
        for (file, path) in assets.paths { values["asset-\(file)"] = path }
        if let visitor {
            let name = visitor.key.name.isEmpty ? "\(visitor.key.id)" : visitor.key.name
            values["visitor"] = ["organisation": visitor.organisation, "key": name, "zone": visitor.zone.name]
            values["form-token"] = visitor.formToken
            values["sections"] = Visitor.Section.allCases.filter(visitor.mayOpen).map { part in
                "<a href=\"\(part.path)\"\(part == section ? " aria-current=page" : "")>\(part.title)</a>"
            }.joined()
        }
        let html = String(decoding: templates.render("head", values), as: UTF8.self)
        // Titles of single sends would only fill the room.
        if !isRefreshed, title == section?.title { heads.keep(html, for: key) }
        return html
    }

    private static let guards: [AnswerHead.Field] = [
        ("Content-Security-Policy", policy), ("X-Content-Type-Options", "nosniff"),
        ("Referrer-Policy", "same-origin"), ("Cross-Origin-Opener-Policy", "same-origin"),
        ("Cross-Origin-Resource-Policy", "same-origin"), ("Cache-Control", "no-store"),
    ]

    /// Sends the browser to another page, by `GET`.
    static func redirect(to path: String) -> Answer {
        var answer = Answer(status: .seeOther, type: "text/plain", body: [])
        answer.fields = [("Location", path), ("Cache-Control", "no-store")]
        return answer
    }
}
