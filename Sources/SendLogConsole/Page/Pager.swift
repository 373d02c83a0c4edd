import SendLogCore

/// The navigation between pages, with a form for any page number.
struct Pager {
    let page: Int
    let rows: Int
    let total: Int

    /// Returns the values for the pager's template.
    ///
    /// - Parameters:
    ///   - action: the path of the form that opens a page
    ///   - parameters: the hidden parameters of the form
    ///   - link: returns the link to a page
    /// - Returns: the values; empty if there is only one page.
    func values(
        action: String,
        _ parameters: [(name: String, value: String)] = [],
        link: (Int) -> String
    ) -> [String: Any]? {
        let pages = max(1, (total + rows - 1) / rows)
        guard pages > 1 || page > 1 else { return nil }
        var fields: [UInt8] = []
        for (name, value) in parameters {
            fields.append("<input type=\"hidden\" name=\"")
            fields.appendHTML(name)
            fields.append("\" value=\"")
            fields.appendHTML(value)
            fields.append("\">\n")
        }
        var values: [String: Any] = [
            "page": page, "pages": pages.grouped, "most": pages, "action": action, "fields": fields,
        ]
        if page > 1 { (values["first"], values["previous"]) = (link(1), link(min(page - 1, pages))) }
        if page < pages { (values["next"], values["last"]) = (link(page + 1), link(pages)) }
        return values
    }
}
