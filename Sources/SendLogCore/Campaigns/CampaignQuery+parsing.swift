/// Parses the body of a campaign search, and writes the query as JSON.
extension CampaignQuery {
    /// The fields of the body, which clients may take for query parameters, or give without the object around them.
    package static let fields: FieldPaths = ["find.search", "options.skip", "options.limit", "options.sort"]

    /// Parses the body of a campaign search; `null` means absent in every field.
    ///
    /// - Throws: the issues found in the body, at most ``InvalidInput/maxIssues``.
    package init(body: JSONValue) throws(InvalidInput) {
        var reader = CampaignQueryReader()
        reader.read(body)
        guard reader.issues.isEmpty else { throw InvalidInput(reader.issues) }
        self = reader.query
    }

    /// Appends the query as JSON that ``init(body:)`` parses back into the same query.
    package func writeParsed(to bytes: inout [UInt8]) {
        bytes.append("{\"find\":{")
        if let text { bytes.appendMember("search", text) }
        bytes.append("},\"options\":{")
        bytes.appendMember("skip", skip)
        bytes.appendMember("limit", limit)
        bytes.append(",\"sort\":{")
        bytes.appendMember(sort.rawValue, isDescending ? -1 : 1)
        bytes.append("}}}")
    }

    /// Sets the text to search for; an empty text means all campaigns.
    ///
    /// - Returns: the error message for an invalid text; `nil` if it is valid.
    package mutating func setText(_ text: String) -> String? {
        guard !text.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) else {
            return "must not contain control characters"
        }
        self.text = text.isEmpty ? nil : text
        return nil
    }

    /// Sets the sort order from the name of a field, with `-` before it for descending order.
    ///
    /// - Returns: the error message for an unknown field; `nil` if it is known.
    package mutating func setSort(_ text: String) -> String? {
        let isDescending = text.hasPrefix("-")
        guard let known = Sort(rawValue: String(isDescending ? text.dropFirst() : text[...])) else {
            return "must be one of \(Sort.names.joined(separator: ", ")), with - before it for descending order"
        }
        (sort, self.isDescending) = (known, isDescending)
        return nil
    }
}

extension CampaignQuery.Sort {
    fileprivate static let names = allCases.map(\.rawValue)
}

/// Reads the body of a campaign search field by field and collects its issues.
private struct CampaignQueryReader: FieldReader {
    var query = CampaignQuery()
    var issues: [InputIssue] = []

    mutating func read(_ body: JSONValue) {
        each(of: body, at: "", known: ["find", "options"], deeper: CampaignQuery.fields) { reader, name, value in
            if name == "options" { return reader.readOptions(value) }
            reader.each(of: value, at: "find", known: ["search"]) { $0.readText($2, "find.search") { $0.setText($1) } }
        }
    }

    private mutating func readOptions(_ value: JSONValue) {
        each(of: value, at: "options", known: ["skip", "limit", "sort"]) { reader, name, value in
            switch name {
            case "skip": reader.integer(value, at: "options.skip", in: 0...(1 << 53)) { $0.query.skip = $1 }
            case "limit":
                reader.integer(value, at: "options.limit", in: 0...CampaignQuery.maxLimit) { $0.query.limit = $1 }
            default: reader.readSort(value)
            }
        }
    }

    /// Reads `{"sends": -1}`, or the same as a query parameter has it, `"-sends"`.
    private mutating func readSort(_ value: JSONValue) {
        let path = "options.sort"
        guard case .object(let members) = value else { return readText(value, path) { $0.setSort($1) } }
        if members.count != 1 { return report(path, "must have one field") }
        each(of: value, at: path, known: CampaignQuery.Sort.names) { reader, name, value in
            reader.direction(value, at: "\(path).\(name)", "-1 (descending) or 1 (ascending)") {
                _ = $0.query.setSort(($1 < 0 ? "-" : "") + name)
            }
        }
    }

    private mutating func readText(
        _ value: JSONValue,
        _ path: String,
        _ set: (inout CampaignQuery, String) -> String?
    ) {
        guard case .string(let text) = value else { return report(path, "must be a string, not \(value.kind)") }
        if let problem = set(&query, text) { report(path, problem) }
    }
}
