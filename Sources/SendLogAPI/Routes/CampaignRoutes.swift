import NIOHTTP1
import SendLogCore
import SendLogHTTP

/// The routes about campaigns: what their counters tell, and their names.
struct CampaignRoutes {
    let store: any CampaignStore
    /// The longest body of a naming in bytes.
    static let longestName = 16_384

    var routes: [Route] {
        [
            Route(.GET, "/campaigns", permission: .readCampaigns, handle: list),
            Route(.GET, "/campaigns/:campaign_id", permission: .readCampaigns, handle: get),
            Route(
                .PUT,
                "/campaigns/:campaign_id",
                permission: .updateCampaigns,
                longestBody: Self.longestName,
                handle: name
            ),
        ]
    }

    @Sendable private func list(_ input: RouteInput) async throws -> Answer {
        let query = try CampaignQuery(QueryString(input.request.query))
        let page = try await store.campaigns(query, in: input.organisation())
        var bytes: [UInt8] = []
        bytes.append("{\"ok\":true,\"data\":{\"total\":")
        bytes.appendDecimal(page.total)
        bytes.append(",\"campaigns\":[")
        for (place, campaign) in page.campaigns.enumerated() {
            if place > 0 { bytes.append(",") }
            campaign.write(to: &bytes)
        }
        bytes.append("],\"parsed\":")
        query.writeParsed(to: &bytes)
        bytes.append("}}")
        return Answer(body: bytes)
    }

    @Sendable private func get(_ input: RouteInput) async throws -> Answer {
        let (id, organisation) = (try Self.id(input), try input.organisation())
        let campaign: Campaign
        do throws(StoreError) { campaign = try await store.campaign(id, in: organisation) } catch {
            throw APIError.noCampaign(id.text).ifNotFound(error)
        }
        return Self.answer(campaign)
    }

    @Sendable private func name(_ input: RouteInput) async throws -> Answer {
        let (id, organisation) = (try Self.id(input), try input.organisation())
        let name = try Self.parse(try await RequestBodyReader.json(input))
        let campaign: Campaign
        do throws(StoreError) { campaign = try await store.nameCampaign(id, name, in: organisation) } catch {
            throw APIError.noCampaign(id.text).ifNotFound(error)
        }
        return Self.answer(campaign)
    }

    private static func id(_ input: RouteInput) throws(APIError) -> CampaignID {
        guard let id = CampaignID(input.parameter) else { throw .noCampaign("of that id") }
        return id
    }

    private static func answer(_ campaign: Campaign) -> Answer {
        var bytes: [UInt8] = []
        bytes.append("{\"ok\":true,\"data\":")
        campaign.write(to: &bytes)
        bytes.append("}")
        return Answer(body: bytes)
    }

    /// Understands `{"name": …}`.
    private static func parse(_ value: JSONValue) throws(InvalidInput) -> CampaignName {
        guard case .object(let members) = value else {
            throw InvalidInput(path: "", "must be an object, not \(value.kind)")
        }
        for member in members where member.name != "name" {
            throw InvalidInput(path: String(member.name.prefix(64)), "is not a known field; known is \"name\"")
        }
        guard let first = members.first else { throw InvalidInput(path: "name", "is missing") }
        if members.count > 1 { throw InvalidInput(path: "name", "stands there more than once") }
        guard case .string(let text) = first.value else {
            throw InvalidInput(path: "name", "must be a string, not \(first.value.kind)")
        }
        guard let name = CampaignName(text) else { throw InvalidInput(path: "name", CampaignName.rule) }
        return name
    }
}

extension CampaignQuery {
    private static let parameters = ["search", "sort", "skip", "limit"]

    /// Understands a query string.
    ///
    /// - Throws: ``InvalidInput`` that names the parameter.
    init(_ query: QueryString) throws(InvalidInput) {
        try query.expect(only: Self.parameters)
        self.init(
            skip: try query.number("skip", in: 0...(1 << 53)) ?? 0,
            limit: try query.number("limit", in: 0...Self.mostLimit) ?? Self.defaultLimit
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
                throw InvalidInput(path: "sort", "must be one of \(names), with a - before it for the greatest first")
            }
            self.sort = known
        }
    }

    /// Appends the question as JSON, each member a parameter.
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
    /// Tells that there is no campaign of that id; one of another organisation's does not exist here.
    package static func noCampaign(_ id: String) -> APIError {
        .notFound("there is no campaign \(id): a campaign exists from its first send on")
    }
}
