/// Parses the body of a comparison, and writes a comparison as JSON for responses.
extension AudienceComparison {
    /// The names of the audiences in the body.
    package static let sides = ["a", "b"]
    /// The name of the field that has a list.
    package static let listField = "destinations"

    /// The fields of the body, which clients may take for query parameters, or give without the object around them.
    package static let fields = FieldPaths(
        sides.flatMap { side in
            ["send_id", "campaign_id", "startDeliveryAt", "startDeliveryAt.$gte", "startDeliveryAt.$lte", listField]
                .map { "\(side).\($0)" }
        } + ["options.as_of"]
    )

    /// Parses the body of a comparison.
    ///
    /// - Parameters:
    ///   - body: the body, with empty arrays in place of lists
    ///   - counts: the number of destinations of each list, by the name of its audience
    ///   - issues: what is wrong with the lists
    /// - Throws: all issues, at most ``InvalidInput/maxIssues``.
    package init(body: JSONValue, counts: [String: Int], issues: [InputIssue]) throws(InvalidInput) {
        var reader = ComparisonReader(counts: counts)
        reader.read(body)
        reader.issues += issues
        guard reader.issues.isEmpty, let a = reader.audiences["a"] else { throw InvalidInput(reader.issues) }
        self.init(a, reader.audiences["b"], asOf: reader.asOf)
    }

    /// Appends the comparison as JSON: as ``init(body:counts:issues:)`` parses it, but with the number of destinations
    /// in place of each list.
    ///
    /// - Parameters:
    ///   - asOf: the snapshot that the result comes from
    ///   - bytes: the buffer to append to
    public func writeParsed(asOf: SequenceNumber, to bytes: inout [UInt8]) {
        bytes.append("{\"a\":")
        a.writeParsed(to: &bytes)
        if let b {
            bytes.append(",\"b\":")
            b.writeParsed(to: &bytes)
        }
        bytes.append(",\"options\":{\"as_of\":")
        bytes.appendDecimal(asOf.number)
        bytes.append("}}")
    }
}

extension Audience {
    fileprivate func writeParsed(to bytes: inout [UInt8]) {
        switch self {
        case .send(let id):
            bytes.append("{\"send_id\":")
            bytes.appendJSON(id.text)
            bytes.append("}")
        case .sends(let search): search.writeFind(to: &bytes)
        case .list(let count):
            bytes.append("{\"destinations\":")
            bytes.appendDecimal(count)
            bytes.append("}")
        }
    }
}

/// Reads the body of a comparison field by field and collects its issues.
private struct ComparisonReader: FieldReader {
    let counts: [String: Int]
    var audiences: [String: Audience] = [:]
    var asOf: SequenceNumber?
    var issues: [InputIssue] = []
    /// The audience that is being read.
    private var fields = Fields()

    private struct Fields {
        var names: Set<String> = []
        var send: SendLogID?
        var search = SendLogSearch()
    }

    init(counts: [String: Int]) { self.counts = counts }

    mutating func read(_ body: JSONValue) {
        let known = AudienceComparison.sides + ["options"]
        var given: Set<String> = []
        each(of: body, at: "", known: known, deeper: AudienceComparison.fields) { reader, name, value in
            given.insert(name)
            if name == "options" { reader.readOptions(value) } else { reader.readAudience(value, at: name) }
        }
        if case .object = body, !given.contains("a") { report("a", "is required") }
    }

    private mutating func readAudience(_ value: JSONValue, at path: String) {
        let before = issues.count
        fields = Fields()
        let known = ["send_id", "campaign_id", "startDeliveryAt", AudienceComparison.listField]
        let example = #"{"send_id": "5f2b1a1e0d1c4b0012345678"}"#
        each(of: value, at: path, known: known, example: example) { reader, name, value in
            reader.fields.names.insert(name)
            reader.readField(name, value, at: "\(path).\(name)", of: path)
        }
        if issues.count == before { finish(at: path) }
    }

    private mutating func readField(_ name: String, _ value: JSONValue, at path: String, of audience: String) {
        switch name {
        case "send_id":
            guard case .string(let text) = value else { return report(path, "must be a string, not \(value.kind)") }
            fields.send = SendLogID(text)
            if fields.send == nil { report(path, SendLogID.rule) }
        case "campaign_id":
            fields.search.campaigns = []
            campaigns(value, at: path) { $0.fields.search.campaigns?.append($1) }
        case "startDeliveryAt":
            range(value, at: path) { reader, isStart, moment in
                if isStart { reader.fields.search.from = moment } else { reader.fields.search.to = moment }
            }
        default:
            if case .array = value { return }
            report(path, "must be an array of strings, not \(value.kind)")
        }
    }

    /// Adds the audience, if exactly one kind of it is given.
    private mutating func finish(at path: String) {
        let search = fields.search
        switch fields.names {
        case ["send_id"]: audiences[path] = fields.send.map { .send($0) }
        case [AudienceComparison.listField]: audiences[path] = .list(count: counts[path] ?? 0)
        case ["startDeliveryAt"] where search.from == nil && search.to == nil:
            report("\(path).startDeliveryAt", "must have $gte or $lte, because there is no campaign_id")
        case ["campaign_id"], ["startDeliveryAt"], ["campaign_id", "startDeliveryAt"]:
            audiences[path] = .sends(search)
        default:
            report(path, "must have either send_id, or destinations, or campaign_id or startDeliveryAt or both of them")
        }
    }

    private mutating func readOptions(_ value: JSONValue) {
        each(of: value, at: "options", known: ["as_of"]) { reader, _, value in
            reader.integer(value, at: "options.as_of", in: 0...(1 << 53)) { $0.asOf = SequenceNumber(Int64($1)) }
        }
    }
}
