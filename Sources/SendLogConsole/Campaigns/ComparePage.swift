import NIOHTTP1
import SendLogAPI
import SendLogCore
import SendLogHTTP
import SendLogRecipients

/// The page that compares the recipients of a campaign with those of another one, or of a send.
struct ComparePage: Sendable {
    let store: any CampaignStore
    let comparer: AudienceComparer
    let middleware: ConsoleMiddleware

    private static let path = "/console/campaigns/:campaign_id/compare"

    var routes: [Route] {
        [
            middleware.get(Self.path, [.readSendLogs], query: CompareQuery.pageParameters, handle: show),
            download(.csv), download(.ndjson),
        ]
    }

    private func download(_ format: SendLogExport.Format) -> Route {
        let (ending, query) = (format.rawValue, ["list"] + CompareQuery.parameters)
        return middleware.get("\(Self.path).\(ending)", [.readSendLogs], query: query) { request in
            let id = try Self.campaign(request)
            let comparison = try CompareQuery(request.query, of: id, request.user.zone).comparison
            try await check(id, request)
            let names = (comparison.b == nil ? [AudienceList.a] : AudienceList.allCases).map(\.rawValue)
            let rule = "one of \(names.joined(separator: ", "))"
            let list = try request.query.value("list", rule) { names.contains($0) ? AudienceList(rawValue: $0) : nil }
            return try await comparer.file(
                comparison,
                (list ?? .a, format),
                for: request.input.request,
                in: request.organisation
            )
        }
    }

    private static func campaign(_ request: UserRequest) throws(APIError) -> CampaignID {
        guard let id = CampaignID(request.input.parameter) else { throw .noCampaign() }
        return id
    }

    /// Refuses a campaign that does not exist in the organisation; a comparison would count 0 recipients.
    private func check(_ campaign: CampaignID, _ request: UserRequest) async throws {
        try await APIError.noCampaign(campaign.text).ifNotFound {
            _ = try await store.campaign(campaign, in: request.organisation)
        }
    }

    @Sendable private func show(_ request: UserRequest) async throws -> Response {
        let (id, user) = (try Self.campaign(request), request.user)
        try await check(id, request)
        let entered = request.query.withShownMoments(of: CompareQuery.times, in: user.zone)
        var report = SendsFilter(entered, zone: user.zone)
        report.campaigns = [id]
        var values = CompareQuery.values(of: entered, user.zone)
        (values["id"], values["zone"], values["sends"]) = (id.text, user.zone.name, report.link())
        if user.may(.readCampaigns) {
            let names = try await store.campaignNames(of: [id], in: request.organisation)
            values["name"] = names[id].map { UntrustedText.html($0.description) }
            values["may-see-campaigns"] = true
        }
        func page(_ problem: InvalidInput? = nil, _ failure: APIError? = nil) -> Response {
            values["problems"] = problem?.issues.map(\.message) ?? failure.map { [$0.sentence] }
            let status = failure?.status ?? (problem == nil ? .ok : .badRequest)
            return request.page("compare", section: .sends, title: "Compare \(id)", status: status, values)
        }
        if request.query.pairs.isEmpty { return page() }
        do {
            let query = try CompareQuery(entered, of: id, user.zone)
            if let other = query.other { try await check(other, request) }
            let (counts, asOf) = try await comparer.counts(
                query.comparison,
                for: request.input.request,
                in: request.organisation
            )
            values["result"] = Self.result(counts, query, asOf)
            return page()
        } catch let problem as InvalidInput {
            return page(problem)
        } catch let failure as APIError where failure.status == .notFound {
            return page(nil, failure)
        }
    }

    /// Returns the rows of the result, each with links to its list.
    private static func result(_ counts: AudienceCounts, _ query: CompareQuery, _ asOf: SequenceNumber) -> [String: Any]
    {
        func row(_ title: String, _ count: Int, _ list: AudienceList) -> [String: Any] {
            var row: [String: Any] = ["title": title, "count": count.grouped]
            if count > 0 {
                row["csv"] = query.link("csv", list, asOf)
                row["ndjson"] = query.link("ndjson", list, asOf)
            }
            return row
        }
        guard query.comparison.b != nil else { return ["rows": [row("Recipients of this campaign", counts.a, .a)]] }
        let other = query.hasDatesAlone ? "all campaigns, this one included" : "the other side"
        return [
            "rows": [
                row("Recipients of this campaign", counts.a, .a), row("Recipients of \(other)", counts.b, .b),
                row("Recipients of both", counts.both, .both),
                row("Only of this campaign", counts.onlyA, .onlyA), row("Only of \(other)", counts.onlyB, .onlyB),
            ]
        ]
    }
}
