import NIOHTTP1
import SendLogAPI
import SendLogCore
import SendLogHTTP

/// Renders pages, all of them within the same frame and with the same guards.
struct Pages: Sendable {
    let templates: Templates
    let assets: Assets

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
    /// - Returns: the answer.
    func answer(
        _ name: String,
        title: String,
        to request: HTTPRequest,
        visitor: Visitor?,
        section: Visitor.Section? = nil,
        status: HTTPResponseStatus = .ok,
        _ values: [String: Any]
    ) -> Answer {
        var values = values
        values["form-token"] = values["form-token"] ?? visitor?.formToken
        values["head"] = head(title, visitor, section, isRefreshed: values["refresh"] != nil)
        var answer = Answer(
            parts: [templates.render(name, values)],
            type: "text/html; charset=utf-8",
            packedFor: request
        )
        answer.status = status
        answer.fields += Self.guards
        return answer
    }

    /// A part of a page, which a script puts into it.
    func part(_ name: String, to request: HTTPRequest, _ values: [String: Any]) -> Answer {
        var answer = Answer(
            parts: [templates.render(name, values)],
            type: "text/html; charset=utf-8",
            packedFor: request
        )
        answer.fields += Self.guards
        return answer
    }

    /// The beginning of a page.
    private func head(
        _ title: String,
        _ visitor: Visitor?,
        _ section: Visitor.Section?,
        isRefreshed: Bool
    ) -> [UInt8] {
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
        return templates.render("head", values)
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
