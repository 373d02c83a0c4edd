import NIOHTTP1
import SendLogAPI
import SendLogCore
import SendLogHTTP
import SendLogRecipients

/// The downloads of the Sends Report's totals by day, week and month in the user's time zone.
struct TotalsDownloads: Sendable {
    let store: any LogReader & CampaignStore & OrganisationStore
    let links: RecipientLinks
    let middleware: ConsoleMiddleware

    private static let units: [Chart.Unit] = [.day, .week, .month]

    var routes: [Route] {
        Self.units.flatMap { unit in
            SendLogExport.Format.allCases.map { format in
                let (name, ending) = (unit.rawValue, format.rawValue)
                // The filter checks the query.
                return middleware.get("/console/totals-by-\(name).\(ending)", [.readSendLogs], query: nil) { request in
                    try await download(TotalsFile(unit: unit, format: format), request)
                }
            }
        }
    }

    /// Returns the links to the files of a filter's totals as values for the template of the report, such as `day-csv`.
    static func values(_ filter: SendsFilter) -> [String: Any] {
        var links: [String: Any] = [:]
        for unit in units {
            for format in SendLogExport.Format.allCases {
                let (name, ending) = (unit.rawValue, format.rawValue)
                links["\(name)-\(ending)"] = filter.link("/console/totals-by-\(name).\(ending)", isPinned: true)
            }
        }
        return links
    }

    private func download(_ file: TotalsFile, _ request: UserRequest) async throws -> Response {
        let (filter, found) = try await CampaignLookup(store: store).search(ofFile: request, links)
        var search = found
        let head = try await store.organisation(request.organisation).head.lastSequence
        search.asOf = min(search.asOf ?? head, head)
        let totals = PeriodTotals(
            of: search,
            in: (filter.from ?? .earliest)...(filter.to ?? .latest),
            by: LocalPeriods(unit: file.unit, zone: request.user.zone),
            from: store,
            of: request.organisation
        )
        return try await file.response(totals, of: search)
    }
}
