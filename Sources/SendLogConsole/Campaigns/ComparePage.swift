import Foundation
import NIOHTTP1
import SendLogAPI
import SendLogCore
import SendLogHTTP
import SendLogRecipients

/// The page that compares the recipients of a campaign with those of another one, or of a send.
struct ComparePage: Sendable {
    let store: any CampaignStore & LogReader
    let comparer: AudienceComparer
    let middleware: ConsoleMiddleware

    private static let path = "/console/campaigns/:campaign_id/compare"

    var routes: [Route] {
        [
            middleware.get(Self.path, [.readSendLogs], query: CompareQuery.pageParameters) { request in
                try await show(request, request.query)
            },
            // The form is posted, because someone may enter a number for a campaign, and no URL may have it.
            middleware.post(Self.path, [.readSendLogs], handle: submit),
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

    /// Redirects to the comparison of the form, with the ID of the campaign that was entered.
    @Sendable private func submit(_ request: UserRequest, _ form: Form) async throws -> Response {
        let (id, zone) = (try Self.campaign(request), request.user.zone)
        try await check(id, request)
        let hidden = CompareQuery.times.map { QueryString.shownPrefix + $0 }
        let entered = form.query(CompareQuery.entered + hidden).withShownMoments(of: CompareQuery.times, in: zone)
        switch try await find(entered["campaign"] ?? "", request) {
        case .found(let campaign):
            let parameters = CompareQuery.parameters(of: entered, campaign, zone)
            // No address has what is not valid, or a telephone number.
            do throws(InvalidInput) { _ = try CompareQuery(QueryString(parameters.encoded[...]), of: id, zone) } catch {
                return try await show(request, entered, problem: error.issues.map(\.message).joined(separator: " "))
            }
            if let problem = try await numberProblem(entered["send"] ?? "", request) {
                return try await show(request, entered, problem: problem)
            }
            return Pages.redirect(to: CompareQuery.link(id, parameters))
        case .several(let choice): return try await show(request, entered, choice: choice)
        case .unknown(let problem): return try await show(request, entered, problem: problem)
        }
    }

    /// Returns the message for a telephone number that was entered for a send, and is the ID of none.
    private func numberProblem(_ text: String, _ request: UserRequest) async throws(StoreError) -> String? {
        guard RecipientKey.isTelephoneNumber(text), let id = SendLogID(text) else { return nil }
        do throws(StoreError) {
            _ = try await store.sendLog(id, in: request.organisation)
            return nil
        } catch {
            guard error == .notFound else { throw error }
            return "A telephone number is not the ID of a send. Enter it on the Sends Report."
        }
    }

    /// What was entered for the campaign of the other side.
    private enum Entered {
        /// A campaign; `nil` if nothing was entered.
        case found(CampaignID?)
        /// One of several campaigns.
        case several(CampaignChoice)
        /// No campaign, with the message for the user.
        case unknown(String)
    }

    private func find(_ text: String, _ request: UserRequest) async throws(StoreError) -> Entered {
        let text = text.trimmingCharacters(in: .whitespacesAndNewlines)
        if text.isEmpty { return .found(nil) }
        let lookup = CampaignLookup(store: store)
        guard request.user.may(.readCampaigns) else {
            let ids = CampaignID(text).map { [$0] } ?? []
            let isKnown = try await !lookup.existing(ids, in: request.organisation).isEmpty
            return isKnown ? .found(ids.first) : .unknown("“campaign” must be the ID of a campaign.")
        }
        switch try await lookup.find(text, in: request.organisation) {
        case .found(let ids, _): return ids.count == 1 ? .found(ids[0]) : .unknown("Enter one campaign.")
        case .several(let choice): return .several(choice)
        case .none:
            return .unknown(
                CampaignChoice.mayBeRecipient(text)
                    ? "A recipient is not the ID of a campaign. Enter it on the Sends Report."
                    : CampaignLookup.unknown(text)
            )
        }
    }

    /// Returns the page.
    ///
    /// - Parameters:
    ///   - request: the request of the user
    ///   - query: the query of the page, or of the form
    ///   - choice: the campaigns that the text in the form may mean
    ///   - problem: the message for a text that means none
    /// - Returns: the page, with the comparison if there is neither a choice nor a problem.
    /// - Throws: ``APIError`` if the campaign does not exist; ``StoreError``.
    private func show(
        _ request: UserRequest,
        _ query: QueryString,
        choice: CampaignChoice? = nil,
        problem: String? = nil
    ) async throws -> Response {
        let (id, user) = (try Self.campaign(request), request.user)
        try await check(id, request)
        let entered = query.withShownMoments(of: CompareQuery.times, in: user.zone)
        var report = SendsFilter(entered, zone: user.zone)
        report.campaigns = [id]
        var values = CompareQuery.values(of: entered, to: id, user.zone)
        (values["id"], values["zone"], values["sends"]) = (id.text, user.zone.name, report.link())
        values["choice"] = choice?.values { campaign in
            CompareQuery.link(id, CompareQuery.parameters(of: entered, campaign, user.zone))
        }
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
        if let problem { return page(InvalidInput(sentences: [problem])) }
        if choice != nil || query.pairs.isEmpty { return page() }
        if let text = entered["campaign"], user.may(.readCampaigns), CampaignID(text) == nil {
            // A link with a name in place of an ID.
            switch try await find(text, request) {
            case .found(let campaign?):
                return Pages.redirect(
                    to: CompareQuery.link(id, CompareQuery.parameters(of: entered, campaign, user.zone))
                )
            case .found(nil): break
            case .several(let choice): return try await show(request, query, choice: choice)
            case .unknown(let problem): return try await show(request, query, problem: problem)
            }
        }
        do {
            let query = try CompareQuery(entered, of: id, user.zone)
            if let other = query.other { try await check(other, request) }
            let (counts, asOf) = try await comparer.counts(
                query.comparison,
                for: request.input.request,
                in: request.organisation
            )
            values["result"] = Self.result(counts, query, asOf)
            values["compared"] = CompareQuery.other(of: entered, user.zone)
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
