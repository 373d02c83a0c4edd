/// Reads the filters of a search.
extension FieldReader {
    /// Reads campaign IDs, in an array or alone; passes each once.
    mutating func campaigns(_ value: JSONValue, at path: String, then add: (inout Self, CampaignID) -> Void) {
        let limit = ("1,000 IDs", SendLogSearch.maxCampaigns)
        var seen: Set<CampaignID> = []
        eachText(of: value, at: path, limit: limit, kind: "campaign IDs") { reader, text, path in
            guard let campaign = CampaignID(text) else { return reader.report(path, CampaignID.rule) }
            if seen.insert(campaign).inserted { add(&reader, campaign) }
        }
    }

    /// Reads a range of times; passes its start (`true`) and its end (`false`), if they are given.
    mutating func range(_ value: JSONValue, at path: String, then set: (inout Self, Bool, Timestamp) -> Void) {
        let example = #"{"$gte": "2022-01-01"}"#
        each(of: value, at: path, known: ["$gte", "$lte"], kind: "operator", example: example) { reader, name, value in
            guard case .string(let text) = value else {
                return reader.report("\(path).\(name)", "must be a date-time in a string, not \(value.kind)")
            }
            guard let moment = Timestamp(rfc3339: text) else {
                return reader.report("\(path).\(name)", Timestamp.fault(of: text))
            }
            set(&reader, name == "$gte", moment)
        }
    }

    /// Reads a text, or each text of an array.
    ///
    /// - Parameters:
    ///   - value: the text or the array
    ///   - path: its path
    ///   - limit: the largest number of texts, and how a message writes it
    ///   - kind: what a message calls the texts
    ///   - read: reads a text with its path
    mutating func eachText(
        of value: JSONValue,
        at path: String,
        limit: (text: String, count: Int),
        kind: String,
        read: (inout Self, String, String) -> Void
    ) {
        if case .string(let text) = value { return read(&self, text, path) }
        guard case .array(let values) = value else {
            return report(path, "must be an array of \(kind), not \(value.kind)")
        }
        guard values.count <= limit.count else {
            return report(path, "must have at most \(limit.text); it has \(values.count)")
        }
        for (index, value) in values.enumerated() {
            let path = "\(path)[\(index)]"
            if case .string(let text) = value {
                read(&self, text, path)
            } else {
                report(path, "must be a string, not \(value.kind)")
            }
        }
    }
}
