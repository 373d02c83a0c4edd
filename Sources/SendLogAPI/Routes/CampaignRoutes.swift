import NIOHTTP1
import SendLogCore
import SendLogHTTP

/// The routes for campaigns: their counters and their names.
struct CampaignRoutes {
    let store: any CampaignStore
    /// The maximum length in bytes of a request body with a campaign's name.
    static let maxNameBodyLength = 16_384

    var routes: [Route] {
        [
            Route(.GET, "/campaigns", permission: .readCampaigns, handle: list),
            Route(.GET, "/campaigns/:campaign_id", permission: .readCampaigns, handle: get),
            Route(
                .PUT,
                "/campaigns/:campaign_id",
                permission: .updateCampaigns,
                maxBodyLength: Self.maxNameBodyLength,
                handle: name
            ),
        ]
    }

    @Sendable private func list(_ input: RouteInput) async throws -> Response {
        let query = try CampaignQuery(QueryString(input.request.query))
        let page = try await store.campaigns(query, in: input.organisation())
        var bytes: [UInt8] = []
        bytes.append("{\"ok\":true,\"data\":{\"total\":")
        bytes.appendDecimal(page.total)
        bytes.append(",\"campaigns\":[")
        for (index, campaign) in page.campaigns.enumerated() {
            if index > 0 { bytes.append(",") }
            campaign.write(to: &bytes)
        }
        bytes.append("],\"parsed\":")
        query.writeParsed(to: &bytes)
        bytes.append("}}")
        return Response(body: bytes)
    }

    @Sendable private func get(_ input: RouteInput) async throws -> Response {
        let (id, organisation) = (try Self.id(input), try input.organisation())
        let campaign: Campaign
        do throws(StoreError) { campaign = try await store.campaign(id, in: organisation) } catch {
            throw APIError.noCampaign(id.text).ifNotFound(error)
        }
        return Self.response(campaign)
    }

    @Sendable private func name(_ input: RouteInput) async throws -> Response {
        let (id, organisation) = (try Self.id(input), try input.organisation())
        let name = try Self.parse(try await RequestBodyReader.json(input))
        let campaign: Campaign
        do throws(StoreError) { campaign = try await store.nameCampaign(id, name, in: organisation) } catch {
            throw APIError.noCampaign(id.text).ifNotFound(error)
        }
        return Self.response(campaign)
    }

    private static func id(_ input: RouteInput) throws(APIError) -> CampaignID {
        guard let id = CampaignID(input.parameter) else { throw .noCampaign() }
        return id
    }

    private static func response(_ campaign: Campaign) -> Response {
        var bytes: [UInt8] = []
        bytes.append("{\"ok\":true,\"data\":")
        campaign.write(to: &bytes)
        bytes.append("}")
        return Response(body: bytes)
    }

    /// Parses `{"name": …}`.
    private static func parse(_ value: JSONValue) throws(InvalidInput) -> CampaignName {
        guard case .object(let members) = value else {
            throw InvalidInput(path: "", "must be an object, not \(value.kind)")
        }
        for member in members where member.name != "name" {
            throw InvalidInput(
                path: String(member.name.prefix(64)),
                "is not a known field; the only known field is \"name\""
            )
        }
        guard let first = members.first else { throw InvalidInput(path: "name", "is required") }
        if members.count > 1 { throw InvalidInput(path: "name", "must be given only once") }
        guard case .string(let text) = first.value else {
            throw InvalidInput(path: "name", "must be a string, not \(first.value.kind)")
        }
        guard let name = CampaignName(text) else { throw InvalidInput(path: "name", CampaignName.rule) }
        return name
    }
}

extension CampaignQuery {
    private static let parameters = ["search", "sort", "skip", "limit"]

    /// Parses a query string.
    ///
    /// - Throws: ``InvalidInput`` that names the parameter.
    init(_ query: QueryString) throws(InvalidInput) {
        try query.expect(only: Self.parameters)
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
        if let text {
            bytes.append("\"search\":")
            bytes.appendJSON(text)
            bytes.append(",")
        }
        bytes.append("\"sort\":\"")
        if isDescending { bytes.append("-") }
        bytes.append(contentsOf: sort.rawValue.utf8)
        bytes.append("\",\"skip\":")
        bytes.appendDecimal(skip)
        bytes.append(",\"limit\":")
        bytes.appendDecimal(limit)
        bytes.append("}")
    }
}

extension APIError {
    /// Returns the error for an unknown campaign; campaigns of other organisations count as unknown.
    package static func noCampaign(_ id: String? = nil) -> APIError {
        .notFound("campaign\(id.map { " \($0)" } ?? "") not found; a campaign exists from its first send on")
    }
}
