import NIOHTTP1
import SendLogCore
import SendLogHTTP

/// The routes for campaigns: their counters and their names.
struct CampaignRoutes {
    let store: any CampaignStore
    /// The maximum length in bytes of a request body with a campaign's name.
    static let maxNameBodyLength = 16_384

    var routes: [Route] {
        let one = "/campaigns/:campaign_id"
        return [
            Route(.GET, "/campaigns", permission: .readCampaigns, handle: list),
            Route(.GET, one, permission: .readCampaigns, handle: get),
            Route(.PUT, one, permission: .updateCampaigns, maxBodyLength: Self.maxNameBodyLength, handle: name),
        ]
    }

    @Sendable private func list(_ input: RouteInput) async throws -> Response {
        let query = try CampaignQuery(QueryString(input.request.query))
        let page = try await store.campaigns(query, in: input.organisation())
        return .success { bytes in
            bytes.append("{")
            bytes.appendMember("total", page.total)
            bytes.appendMember("campaigns", page.campaigns)
            bytes.append(",\"parsed\":")
            query.writeParsed(to: &bytes)
            bytes.append("}")
        }
    }

    @Sendable private func get(_ input: RouteInput) async throws -> Response {
        let (id, organisation) = (try Self.id(input), try input.organisation())
        let campaign = try await APIError.noCampaign(id.text).ifNotFound {
            try await store.campaign(id, in: organisation)
        }
        return .success { campaign.writeJSON(to: &$0) }
    }

    @Sendable private func name(_ input: RouteInput) async throws -> Response {
        let (id, organisation) = (try Self.id(input), try input.organisation())
        let name = try Self.parse(try await RequestBodyReader.json(input))
        let campaign = try await APIError.noCampaign(id.text).ifNotFound {
            try await store.nameCampaign(id, name, in: organisation)
        }
        return .success { campaign.writeJSON(to: &$0) }
    }

    private static func id(_ input: RouteInput) throws(APIError) -> CampaignID {
        guard let id = CampaignID(input.parameter) else { throw .noCampaign() }
        return id
    }

    /// Parses `{"name": …}`.
    private static func parse(_ value: JSONValue) throws(InvalidInput) -> CampaignName {
        guard let value = try value.onlyMember("name") else { throw InvalidInput(path: "name", "is required") }
        guard let name = CampaignName(try value.text(of: "name")) else {
            throw InvalidInput(path: "name", CampaignName.rule)
        }
        return name
    }
}

extension CampaignQuery {
    /// Parses a query string.
    ///
    /// - Throws: ``InvalidInput`` that names the parameter.
    init(_ query: QueryString) throws(InvalidInput) {
        try query.expect(only: ["search", "sort", "skip", "limit"])
        self.init(
            skip: try query.number("skip", in: 0...(1 << 53)) ?? 0,
            limit: try query.number("limit", in: 0...Self.maxLimit) ?? Self.defaultLimit
        )
        if let text = query["search"], !text.isEmpty {
            guard !text.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) else {
                throw InvalidInput(path: "search", "must not contain control characters")
            }
            self.text = text
        }
        if let sort = query["sort"] {
            isDescending = sort.hasPrefix("-")
            guard let known = Sort(rawValue: String(isDescending ? sort.dropFirst() : sort[...])) else {
                let names = Sort.allCases.map(\.rawValue).joined(separator: ", ")
                throw InvalidInput(path: "sort", "must be one of \(names), with - before it for descending order")
            }
            self.sort = known
        }
    }

    /// Appends the query as JSON, with one member per parameter.
    fileprivate func writeParsed(to bytes: inout [UInt8]) {
        bytes.append("{")
        if let text { bytes.appendMember("search", text) }
        bytes.appendMember("sort", (isDescending ? "-" : "") + sort.rawValue)
        bytes.appendMember("skip", skip)
        bytes.appendMember("limit", limit)
        bytes.append("}")
    }
}

extension APIError {
    /// Returns the error for an unknown campaign; campaigns of other organisations count as unknown.
    package static func noCampaign(_ id: String? = nil) -> APIError {
        .notFound("campaign\(id.map { " \($0)" } ?? "") not found; a campaign exists from its first send on")
    }
}
