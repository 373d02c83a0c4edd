/// Parses the body of a search request, and writes a search as JSON for responses and for the console.
extension SendLogSearch {
    /// The fields of the body, which clients may take for query parameters, or give without the object around them.
    package static let fields: FieldPaths = [
        "find.campaign_id", "find.destination", "find.startDeliveryAt", "find.startDeliveryAt.$gte",
        "find.startDeliveryAt.$lte", "options.skip", "options.limit", "options.sort", "options.as_of",
    ]

    /// Parses the body of a search request.
    ///
    /// `null` means absent in every field. Unknown fields are an error: if a misspelt filter were ignored, the search
    /// would return all logs.
    ///
    /// - Parameters:
    ///   - body: the body
    ///   - callingCode: the calling code of recipients with one leading 0
    /// - Throws: the issues found in the body, at most ``InvalidInput/maxIssues``.
    public init(body: JSONValue, callingCode: CallingCode? = nil) throws(InvalidInput) {
        var reader = SearchReader(callingCode: callingCode)
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

    /// Appends the normal forms that the search looks for as a JSON array, each once.
    ///
    /// - Parameter bytes: the buffer to append to
    public func writeSearched(to bytes: inout [UInt8]) {
        var seen: Set<String> = []
        Self.write((recipients ?? []).flatMap(\.searched).filter { seen.insert($0).inserted }, to: &bytes)
    }

    /// Appends the search as a client would request it, with `as_of` if this search has one.
    public func writeRequest(to bytes: inout [UInt8]) {
        write(asOf: asOf, to: &bytes)
    }

    private func write(asOf: SequenceNumber?, to bytes: inout [UInt8]) {
        bytes.append("{\"find\":")
        writeFind(to: &bytes)
        bytes.append(",\"options\":{\"skip\":")
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

    /// Appends the filters as a JSON object.
    func writeFind(to bytes: inout [UInt8]) {
        bytes.append("{")
        if let campaigns {
            bytes.append("\"campaign_id\":")
            Self.write(campaigns.map(\.text), to: &bytes)
        }
        if let recipients {
            bytes.append(campaigns == nil ? "\"destination\":" : ",\"destination\":")
            Self.write(recipients.map(\.key.text), to: &bytes)
        }
        if from != nil || to != nil {
            if campaigns != nil || recipients != nil { bytes.append(",") }
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
        bytes.append("}")
    }

    /// Appends texts as a JSON array.
    private static func write(_ texts: [String], to bytes: inout [UInt8]) {
        bytes.append("[")
        for (index, text) in texts.enumerated() {
            if index > 0 { bytes.append(",") }
            bytes.appendJSON(text)
        }
        bytes.append("]")
    }
}

/// Reads the body of a search field by field and collects its issues.
private struct SearchReader: FieldReader {
    let callingCode: CallingCode?
    var search = SendLogSearch()
    var issues: [InputIssue] = []

    init(callingCode: CallingCode?) { self.callingCode = callingCode }

    mutating func read(_ body: JSONValue) {
        each(of: body, at: "", known: ["find", "options"], deeper: SendLogSearch.fields) { reader, name, value in
            if name == "find" { reader.readFind(value) } else { reader.readOptions(value) }
        }
    }

    private mutating func readFind(_ value: JSONValue) {
        each(of: value, at: "find", known: ["campaign_id", "destination", "startDeliveryAt"]) { reader, name, value in
            switch name {
            case "campaign_id":
                reader.search.campaigns = []
                reader.campaigns(value, at: "find.campaign_id") { $0.search.campaigns?.append($1) }
            case "destination": reader.readRecipients(value)
            default:
                reader.range(value, at: "find.startDeliveryAt") { reader, isStart, moment in
                    if isStart { reader.search.from = moment } else { reader.search.to = moment }
                }
            }
        }
    }

    private mutating func readRecipients(_ value: JSONValue) {
        let limit = ("100 destinations", SendLogSearch.maxRecipients)
        var seen: Set<RecipientKey> = []
        search.recipients = []
        eachText(of: value, at: "find.destination", limit: limit, kind: "destinations") { reader, text, path in
            if let fault = RecipientKey.fault(of: text) { return reader.report(path, fault) }
            let query = RecipientQuery(text, callingCode: reader.callingCode)
            if seen.insert(query.key).inserted { reader.search.recipients?.append(query) }
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
