import NIOHTTP1
import SendLogCore
import SendLogHTTP

/// The routes for campaigns: their counters and their names.
struct CampaignRoutes {
    let store: any CampaignStore
    let idempotencyHandler: IdempotencyHandler
    /// The folder for the spools of long lists, which are unlinked files.
    let spoolFolder: String
    /// The maximum length of a request body in bytes.
    static let maxBodyLength = 16_384

    var routes: [Route] {
        let one = "/campaigns/:campaign_id"
        return [
            Route(
                .GET,
                "/campaigns",
                permission: .readCampaigns,
                query: ["search", "skip", "limit", "sort"],
                handle: list
            ),
            Route(
                .POST,
                "/campaigns/search",
                permission: .readCampaigns,
                query: QueryRule([], bodyFields: CampaignQuery.fields),
                maxBodyLength: Self.maxBodyLength,
                handle: search
            ),
            Route(
                .GET,
                one,
                permission: .readCampaigns,
                query: QueryRule([], bodyFields: CampaignQuery.fields, of: "POST /campaigns/search"),
                handle: get
            ),
            Route(
                .PUT,
                one,
                permission: .updateCampaigns,
                query: QueryRule([], bodyFields: ["name"]),
                maxBodyLength: Self.maxBodyLength,
                handle: idempotencyHandler.once(name)
            ),
        ]
    }

    /// Returns campaigns as an array, which clients of the original API expect, with their total in a header field.
    @Sendable private func list(_ input: RouteInput) async throws -> Response {
        let query = try CampaignQuery(QueryString(input.request.query))
        let spool = ResponseSpool(folder: spoolFolder)
        let (totals, list) = try await store.reduceCampaigns(query, in: input.organisation(), into: spool) {
            (list, campaign) throws(StoreError) in
            let isFirst = list.isEmpty
            try list.append { bytes in
                if !isFirst { bytes.append(",") }
                campaign.writeJSON(to: &bytes)
            }
        }
        var (begin, end): ([UInt8], [UInt8]) = ([], [])
        begin.beginEnvelope()
        begin.append("[")
        end.append("]")
        end.endEnvelope(requestID: input.requestID)
        var response: Response
        if let text = list.text {
            response = Response(body: begin, text, end)
        } else {
            response = Response { [begin, end] stream in
                try await stream.write(begin)
                try await list.send(to: &stream)
                try await stream.write(end)
            }
        }
        response.fields.append(("X-Sendlog-Total", String(totals.campaigns)))
        return response
    }

    @Sendable private func search(_ input: RouteInput) async throws -> Response {
        let organisation = try input.organisation()
        let query = try CampaignQuery(body: try await RequestBodyReader.json(input))
        let page = try await store.campaigns(query, in: organisation)
        return .success(for: input) { bytes in
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
        let path = "\(input.request.basePath)/campaigns/search"
        let hint = id.text == "search" ? "; to search, use POST \(path)" : ""
        let campaign = try await APIError.noCampaign(id.text, hint: hint).ifNotFound {
            try await store.campaign(id, in: organisation)
        }
        return .success(for: input) { campaign.writeJSON(to: &$0) }
    }

    @Sendable private func name(_ input: RouteInput) async throws -> Response {
        let (id, organisation) = (try Self.id(input), try input.organisation())
        let name = try Self.parse(try await RequestBodyReader.json(input))
        let campaign = try await APIError.noCampaign(id.text).ifNotFound {
            try await store.nameCampaign(id, name, in: organisation)
        }
        var response = Response.success(for: input) { campaign.writeJSON(to: &$0) }
        response.event = .campaignNamed(id)
        return response
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
    /// Parses a query string; without a limit, the query is for all campaigns.
    ///
    /// - Throws: ``InvalidInput`` that names the parameter.
    fileprivate init(_ query: QueryString) throws(InvalidInput) {
        self.init(
            skip: try query.number("skip", in: 0...(1 << 53)) ?? 0,
            limit: try query.number("limit", in: 0...Self.maxLimit) ?? Self.noLimit
        )
        if let text = query["search"], let fault = setText(text) { throw InvalidInput(path: "search", fault) }
        if let text = query["sort"], let fault = setSort(text) { throw InvalidInput(path: "sort", fault) }
    }
}

extension APIError {
    /// Returns the error for an unknown campaign; campaigns of other organisations count as unknown.
    package static func noCampaign(_ id: String? = nil, hint: String = "") -> APIError {
        .notFound("campaign\(id.map { " \($0)" } ?? "") not found; a campaign exists from its first send on\(hint)")
    }
}
