import NIOHTTP1
import SendLogAPI
import SendLogCore
import SendLogHTTP

/// The page of one send with its details and destinations.
struct SendPage: Sendable {
    let store: any LogReader & CampaignStore
    let middleware: ConsoleMiddleware

    var routes: [Route] {
        [
            Route(.GET, "/console/sends/:send_id", permission: .readSendLogs, middleware: middleware, handle: show),
            download("csv", .csv), download("ndjson", .ndjson), download("json", .json),
        ]
    }

    private func download(_ ending: String, _ format: ListDownload.Format) -> Route {
        Route(
            .GET,
            "/console/sends/:send_id/destinations.\(ending)",
            permission: .readSendLogs,
            middleware: middleware
        ) { input in
            let (id, log) = try await find(input)
            let download = ListDownload(store: store, organisation: try input.organisation(), log: log, format: format)
            return download.response(named: "\(id).\(ending)", to: input.request)
        }
    }

    private func find(_ input: RouteInput) async throws -> (SendLogID, StoredSendLog) {
        guard let id = SendLogID(input.parameter) else {
            throw APIError.notFound("this organisation has no send log with this ID")
        }
        let organisation = try input.organisation()
        let log: StoredSendLog
        do throws(StoreError) { log = try await store.sendLog(id, in: organisation) } catch {
            throw APIError.notFound("there is no send log \(id) in this organisation").ifNotFound(error)
        }
        return (id, log)
    }

    @Sendable private func show(_ input: RouteInput) async throws -> Response {
        let user = try await middleware.user(input)
        let organisation = try input.organisation()
        let (id, log) = try await find(input)
        guard let fields = Fields(log.record) else { throw StoreError.corrupted(detail: "a record lacks fields") }
        var values: [String: Any] = [
            "id": id.text, "campaign": fields.campaign.text, "message": fields.message, "why": fields.triggeredBy,
            "when": user.zone.text(fields.start), "offset": user.zone.offsetText(at: fields.start),
            "zone": user.zone.name, "utc": fields.start.description, "destinations": log.destinations.grouped,
            "bytes": fields.bytes.grouped, "curl": CurlCommands(origin: user.origin).sendLog(id),
            "send-field": "{{send._id}}", "campaign-field": "{{campaign._id}}",
        ]
        // Links back to the page of the report that linked here.
        let referrer = input.request.referrer
        values["back"] = referrer.flatMap { $0.hasPrefix("/console/sends?") ? $0 : nil } ?? "/console/sends"
        values["no-name"] = user.may(.readCampaigns) ? "unnamed" : "campaign"
        if user.may(.readCampaigns) {
            let names = try await store.campaignNames(of: [fields.campaign], in: organisation)
            values["name"] = names[fields.campaign].map { UntrustedText.html($0.description) }
        }
        let query = QueryString(input.request.query)
        let table = DestinationsTable(store: store, organisation: organisation, log: log)
        try await table.show(query, at: "/console/sends/\(id)", in: &values)
        return middleware.pages.response(
            "send",
            title: "Send \(id)",
            to: input.request,
            user: user,
            section: .sends,
            values
        )
    }

    /// The details of a record, ready for display.
    private struct Fields {
        let campaign: CampaignID
        let message: String
        let triggeredBy: String
        let start: Timestamp
        /// The length of the message in bytes.
        let bytes: Int

        init?(_ record: [UInt8]) {
            let fields = record.withUnsafeBufferPointer { record -> Fields? in
                guard let fields = RecordFields(record), let campaign = CampaignID(utf8: fields.campaignID),
                    let start = Timestamp(rfc3339: fields.startDeliveryAt)
                else { return nil }
                var message: [UInt8] = []
                message.appendUnescaped(fields.message)
                return Fields(
                    campaign: campaign,
                    message: Self.html(fields.message),
                    triggeredBy: Self.html(fields.triggeredBy),
                    start: start,
                    bytes: message.count
                )
            }
            guard let fields else { return nil }
            self = fields
        }

        private init(campaign: CampaignID, message: String, triggeredBy: String, start: Timestamp, bytes: Int) {
            self.campaign = campaign
            self.message = message
            self.triggeredBy = triggeredBy
            self.start = start
            self.bytes = bytes
        }

        private static func html(_ text: UnsafeBufferPointer<UInt8>) -> String {
            var (plain, html): ([UInt8], [UInt8]) = ([], [])
            plain.appendUnescaped(text)
            plain.withUnsafeBufferPointer { UntrustedText.append($0, to: &html) }
            return String(decoding: html, as: UTF8.self)
        }
    }
}
