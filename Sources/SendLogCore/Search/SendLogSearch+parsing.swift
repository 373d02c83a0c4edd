/// Parses the body of a search request, and writes a search as JSON for responses and for the console.
extension SendLogSearch {
    /// The fields of the body, which clients may take for query parameters, or give without the object around them.
    package static let fields: FieldPaths = [
        "find.campaign_id", "find.startDeliveryAt", "find.startDeliveryAt.$gte", "find.startDeliveryAt.$lte",
        "options.skip", "options.limit", "options.sort", "options.as_of",
    ]

    /// Parses the body of a search request.
    ///
    /// `null` means absent in every field. Unknown fields are an error: if a misspelt filter were ignored, the search
    /// would return all logs.
    ///
    /// - Throws: the issues found in the body, at most ``InvalidInput/maxIssues``.
    public init(body: JSONValue) throws(InvalidInput) {
        var reader = SearchReader()
        reader.read(body)
        guard reader.issues.isEmpty else { throw InvalidInput(reader.issues) }
        self = reader.search
    }

    /// Appends the search as JSON that ``init(body:)`` parses back into the same search.
    ///
    /// - Parameters:
    ///   - asOf: the snapshot that the result comes from
    ///   - bytes: the buffer to append to
    public func writeParsed(asOf: SequenceNumber, to bytes: inout [UInt8]) {
        write(asOf: asOf, to: &bytes)
    }

    /// Appends the search as a client would request it, with `as_of` if this search has one.
    public func writeRequest(to bytes: inout [UInt8]) {
        write(asOf: asOf, to: &bytes)
    }

    private func write(asOf: SequenceNumber?, to bytes: inout [UInt8]) {
        bytes.append("{\"find\":{")
        if let campaigns {
            bytes.append("\"campaign_id\":[")
            for (index, campaign) in campaigns.enumerated() {
                if index > 0 { bytes.append(",") }
                bytes.appendJSON(campaign.text)
            }
            bytes.append("]")
        }
        if from != nil || to != nil {
            if campaigns != nil { bytes.append(",") }
            bytes.append("\"startDeliveryAt\":{")
            if let from {
                bytes.append("\"$gte\":\"")
                from.write(to: &bytes)
                bytes.append("\"")
            }
            if let to {
                bytes.append(from == nil ? "\"$lte\":\"" : ",\"$lte\":\"")
                to.write(to: &bytes)
                bytes.append("\"")
            }
            bytes.append("}")
        }
        bytes.append("},\"options\":{\"skip\":")
        bytes.appendDecimal(skip)
        bytes.append(",\"limit\":")
        bytes.appendDecimal(limit)
        bytes.append(",\"sort\":{\"startDeliveryAt\":")
        bytes.appendDecimal(order.rawValue)
        bytes.append("}")
        if let asOf {
            bytes.append(",\"as_of\":")
            bytes.appendDecimal(asOf.number)
        }
        bytes.append("}}")
    }
}

/// Reads the body of a search field by field and collects its issues.
private struct SearchReader: FieldReader {
    var search = SendLogSearch()
    var issues: [InputIssue] = []

    mutating func read(_ body: JSONValue) {
        each(of: body, at: "", known: ["find", "options"], deeper: SendLogSearch.fields) { reader, name, value in
            if name == "find" { reader.readFind(value) } else { reader.readOptions(value) }
        }
    }

    private mutating func readFind(_ value: JSONValue) {
        each(of: value, at: "find", known: ["campaign_id", "startDeliveryAt"]) { reader, name, value in
            if name == "campaign_id" { reader.readCampaigns(value) } else { reader.readRange(value) }
        }
    }

    private mutating func readCampaigns(_ value: JSONValue) {
        let path = "find.campaign_id"
        switch value {
        case .string(let id):
            search.campaigns = campaign(id, at: path).map { [$0] }
        case .array(let values):
            guard values.count <= SendLogSearch.maxCampaigns else {
                return report(path, "must have at most 1,000 IDs; it has \(values.count)")
            }
            var (campaigns, seen): ([CampaignID], Set<CampaignID>) = ([], [])
            for (index, value) in values.enumerated() {
                guard case .string(let id) = value else {
                    report("\(path)[\(index)]", "must be a string, not \(value.kind)")
                    continue
                }
                if let campaign = campaign(id, at: "\(path)[\(index)]"), seen.insert(campaign).inserted {
                    campaigns.append(campaign)
                }
            }
            search.campaigns = campaigns
        default:
            report(path, "must be an array of campaign IDs, not \(value.kind)")
        }
    }

    private mutating func campaign(_ id: String, at path: String) -> CampaignID? {
        let campaign = CampaignID(id)
        if campaign == nil { report(path, CampaignID.rule) }
        return campaign
    }

    private mutating func readRange(_ value: JSONValue) {
        let path = "find.startDeliveryAt"
        let example = #"{"$gte": "2022-01-01"}"#
        each(of: value, at: path, known: ["$gte", "$lte"], kind: "operator", example: example) { reader, name, value in
            guard case .string(let text) = value else {
                return reader.report("\(path).\(name)", "must be a date-time in a string, not \(value.kind)")
            }
            guard let moment = Timestamp(rfc3339: text) else {
                return reader.report("\(path).\(name)", Timestamp.fault(of: text))
            }
            if name == "$gte" { reader.search.from = moment } else { reader.search.to = moment }
        }
    }

    private mutating func readOptions(_ value: JSONValue) {
        each(of: value, at: "options", known: ["skip", "limit", "sort", "as_of"]) { reader, name, value in
            switch name {
            case "skip":
                reader.integer(value, at: "options.skip", in: 0...(1 << 53)) { $0.search.skip = $1 }
            case "limit":
                reader.integer(value, at: "options.limit", in: 0...SendLogSearch.maxLimit) { $0.search.limit = $1 }
            case "as_of":
                reader.integer(value, at: "options.as_of", in: 0...(1 << 53)) {
                    $0.search.asOf = SequenceNumber(Int64($1))
                }
            default:
                reader.readSort(value)
            }
        }
    }

    private mutating func readSort(_ value: JSONValue) {
        let path = "options.sort"
        if value == .object([]) { return report(path, "must have one field, startDeliveryAt") }
        let example = #"{"startDeliveryAt": -1}"#
        each(of: value, at: path, known: ["startDeliveryAt"], example: example) { reader, name, value in
            reader.direction(value, at: "\(path).\(name)", "-1 (newest first) or 1 (oldest first)") {
                $0.search.order = $1 < 0 ? .newestFirst : .oldestFirst
            }
        }
    }
}
