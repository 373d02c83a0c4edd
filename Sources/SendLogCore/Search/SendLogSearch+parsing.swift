extension SendLogSearch {
    /// Understands the body of a search.
    ///
    /// `null` stands for absent everywhere. Unknown fields are refused: a misspelt filter that is dropped in silence would answer
    /// with everybody's logs.
    ///
    /// - Throws: all that is wrong with it.
    public init(body: JSONValue) throws(InvalidInput) {
        var reader = SearchReader()
        reader.read(body)
        guard reader.issues.isEmpty else { throw InvalidInput(reader.issues) }
        self = reader.search
    }

    /// Appends the search as JSON, from which ``init(body:)`` understands the same search again.
    ///
    /// - Parameters:
    ///   - asOf: what the answer saw
    ///   - bytes: where the search is written
    public func writeParsed(asOf: SequenceNumber, to bytes: inout [UInt8]) {
        write(asOf: asOf, to: &bytes)
    }

    /// Appends the search as a client asks it, pinned if this one is.
    public func writeRequest(to bytes: inout [UInt8]) {
        write(asOf: asOf, to: &bytes)
    }

    private func write(asOf: SequenceNumber?, to bytes: inout [UInt8]) {
        bytes.append("{\"find\":{")
        if let campaigns {
            bytes.append("\"campaign_id\":[")
            for (place, campaign) in campaigns.enumerated() {
                if place > 0 { bytes.append(",") }
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

/// Reads a search's body field by field and gathers what is wrong with it.
private struct SearchReader {
    var search = SendLogSearch()
    var issues: [InputIssue] = []

    mutating func read(_ body: JSONValue) {
        each(of: body, at: "", known: ["find", "options"]) { reader, name, value in
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
            guard values.count <= SendLogSearch.mostCampaigns else {
                return report(path, "must name at most 1,000 campaigns; it names \(values.count)")
            }
            var (campaigns, seen): ([CampaignID], Set<CampaignID>) = ([], [])
            for (place, value) in values.enumerated() {
                guard case .string(let id) = value else {
                    report("\(path)[\(place)]", "must be a string, not \(value.kind)")
                    continue
                }
                if let campaign = campaign(id, at: "\(path)[\(place)]"), seen.insert(campaign).inserted {
                    campaigns.append(campaign)
                }
            }
            search.campaigns = campaigns
        default:
            report(path, "must be an array of campaign ids, not \(value.kind)")
        }
    }

    private mutating func campaign(_ id: String, at path: String) -> CampaignID? {
        let campaign = CampaignID(id)
        if campaign == nil { report(path, CampaignID.rule) }
        return campaign
    }

    private mutating func readRange(_ value: JSONValue) {
        let path = "find.startDeliveryAt"
        each(of: value, at: path, known: ["$gte", "$lte"]) { reader, name, value in
            guard case .string(let text) = value else {
                return reader.report("\(path).\(name)", "must be a string, not \(value.kind)")
            }
            guard let moment = Timestamp(rfc3339: text) else {
                return reader.report("\(path).\(name)", Timestamp.rule)
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
                reader.integer(value, at: "options.limit", in: 0...SendLogSearch.mostLimit) { $0.search.limit = $1 }
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
        let path = "options.sort.startDeliveryAt"
        each(of: value, at: "options.sort", known: ["startDeliveryAt"]) { reader, _, value in
            guard case .scalar(.number(let number)) = value, let order = number.integer.flatMap(SortOrder.init) else {
                return reader.report(path, "must be -1 (newest first) or 1 (oldest first)")
            }
            reader.search.order = order
        }
    }

    private mutating func integer(
        _ value: JSONValue,
        at path: String,
        in range: ClosedRange<Int>,
        then set: (inout Self, Int) -> Void
    ) {
        let rule =
            range.upperBound == SendLogSearch.mostLimit
            ? "must be a whole number from 0 to 10,000" : "must be a whole number of 0 or more"
        guard case .scalar(.number(let number)) = value else { return report(path, "\(rule), not \(value.kind)") }
        guard let integer = number.integer, range.contains(integer) else {
            return report(path, "\(rule); it is \(number.text.prefix(20))")
        }
        set(&self, integer)
    }

    /// Walks the members of an object, of which each name may stand once; `null` members count as absent.
    private mutating func each(
        of value: JSONValue,
        at path: String,
        known: [String],
        read: (inout Self, String, JSONValue) -> Void
    ) {
        if value == .scalar(.null), !path.isEmpty { return }
        guard case .object(let members) = value else { return report(path, "must be an object, not \(value.kind)") }
        var seen: Set<String> = []
        for member in members {
            let place = path.isEmpty ? member.name : "\(path).\(member.name.prefix(64))"
            if !known.contains(member.name) {
                report(place, Naming.unknown(member.name, known: known))
            } else if !seen.insert(member.name).inserted {
                report(place, "stands there more than once")
            } else if member.value != .scalar(.null) {
                read(&self, member.name, member.value)
            }
        }
    }

    /// What is not told is not put into words either: a hostile input may hold millions of faults.
    private mutating func report(_ path: @autoclosure () -> String, _ message: @autoclosure () -> String) {
        if issues.count < InvalidInput.most { issues.append(InputIssue(path: path(), message: message())) }
    }
}
