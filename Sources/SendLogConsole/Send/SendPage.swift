import SendLogAPI
import SendLogCore
import SendLogHTTP

/// The page of one send with its details and destinations.
struct SendPage: Sendable {
    let store: any LogReader & CampaignStore
    let middleware: ConsoleMiddleware

    var routes: [Route] {
        [
            middleware.get("/console/sends/:send_id", [.readSendLogs], query: ["destination", "page"], handle: show),
            download("csv", .csv), download("ndjson", .ndjson), download("json", .json),
        ]
    }

    private func download(_ ending: String, _ format: ListDownload.Format) -> Route {
        middleware.get("/console/sends/:send_id/destinations.\(ending)", [.readSendLogs]) { request in
            let (id, log) = try await find(request)
            let download = ListDownload(store: store, organisation: request.organisation, log: log, format: format)
            return download.response(named: "\(id).\(ending)")
        }
    }

    private func find(_ request: UserRequest) async throws -> (SendLogID, StoredSendLog) {
        guard let id = SendLogID(request.input.parameter) else {
            throw APIError.notFound("this organisation has no send log with this ID")
        }
        do throws(StoreError) { return (id, try await store.sendLog(id, in: request.organisation)) } catch {
            throw APIError.notFound("there is no send log \(id) in this organisation").ifNotFound(error)
        }
    }

    @Sendable private func show(_ request: UserRequest) async throws -> Response {
        let user = request.user
        let (id, log) = try await find(request)
        guard let fields = Self.fields(of: log.record) else {
            throw StoreError.corrupted(detail: "a record lacks fields")
        }
        var values: [String: Any] = [
            "id": id.text, "campaign": fields.campaign.text, "message": UntrustedText.html(fields.message),
            "why": UntrustedText.html(fields.triggeredBy),
            "when": user.zone.text(fields.start), "offset": user.zone.offsetText(at: fields.start),
            "zone": user.zone.name, "utc": fields.start.description, "destinations": log.destinations.grouped,
            "bytes": fields.message.count.grouped, "curl": CurlCommands(address: user.serverAddress).sendLog(id),
            "send-field": "{{send._id}}", "campaign-field": "{{campaign._id}}",
        ]
        // Links back to the page of the report that linked here.
        let referrer = request.input.request.referrer
        values["back"] = referrer.flatMap { $0.hasPrefix("/console/sends?") ? $0 : nil } ?? "/console/sends"
        values["no-name"] = user.may(.readCampaigns) ? "unnamed" : "campaign"
        if user.may(.readCampaigns) {
            let names = try await store.campaignNames(of: [fields.campaign], in: request.organisation)
            values["name"] = names[fields.campaign].map { UntrustedText.html($0.description) }
        }
        let table = DestinationsTable(store: store, organisation: request.organisation, log: log)
        try await table.show(request.query, at: "/console/sends/\(id)", in: &values)
        return request.page("send", section: .sends, title: "Send \(id)", values)
    }

    /// The fields of a record that the page shows.
    private struct Fields {
        let campaign: CampaignID
        let message: [UInt8]
        let triggeredBy: [UInt8]
        let start: Timestamp
    }

    private static func fields(of record: [UInt8]) -> Fields? {
        record.withUnsafeBufferPointer { record -> Fields? in
            guard let fields = RecordFields(record), let campaign = CampaignID(utf8: fields.campaignID),
                let start = Timestamp(rfc3339: fields.startDeliveryAt)
            else { return nil }
            var (message, triggeredBy): ([UInt8], [UInt8]) = ([], [])
            message.appendUnescaped(fields.message)
            triggeredBy.appendUnescaped(fields.triggeredBy)
            return Fields(campaign: campaign, message: message, triggeredBy: triggeredBy, start: start)
        }
    }
}
