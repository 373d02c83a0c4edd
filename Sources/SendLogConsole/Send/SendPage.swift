import Foundation
import NIOHTTP1
import SendLogAPI
import SendLogCore
import SendLogHTTP

/// The page of one send with its details and destinations.
struct SendPage: Sendable {
    let store: any LogReader & CampaignStore
    let links: RecipientLinks
    let middleware: ConsoleMiddleware

    /// The path pattern of the page.
    private static let path = "/console/sends/:send_id"

    var routes: [Route] {
        [
            middleware.get(Self.path, [.readSendLogs], query: ["recipient", "page"], handle: show),
            // The search is posted, because it may be a number, which must not be in a URL.
            middleware.post(Self.path, [.readSendLogs], handle: submit),
            download("csv", .csv), download("ndjson", .ndjson), download("json", .json),
        ]
    }

    private func download(_ ending: String, _ format: ListDownload.Format) -> Route {
        middleware.get("\(Self.path)/destinations.\(ending)", [.readSendLogs]) { request in
            let (id, log) = try await find(request)
            let download = ListDownload(store: store, organisation: request.organisation, log: log, format: format)
            return download.response(named: "\(id).\(ending)")
        }
    }

    private func find(_ request: UserRequest) async throws -> (id: SendLogID, log: StoredSendLog) {
        guard let id = SendLogID(request.input.parameter) else {
            throw APIError.notFound("this organisation has no send log with this ID")
        }
        do throws(StoreError) { return (id, try await store.sendLog(id, in: request.organisation)) } catch {
            throw APIError.notFound("there is no send log \(id) in this organisation").ifNotFound(error)
        }
    }

    @Sendable private func show(_ request: UserRequest) async throws -> Response {
        let send = try await find(request)
        let page = try request.query.page()
        var recipient: RecipientLinks.Recipient?
        do {
            if let token = try request.query.recipient() { recipient = try await links.recipient(token, request) }
        } catch  where error is APIError || error is InvalidInput {
            let failure = APIError(error)
            return try await self.page(of: send, request, status: failure.status, ["problem": failure.sentence])
        }
        let path = "/console/sends/\(send.id)"
        let table = DestinationsTable(
            store: store,
            organisation: request.organisation,
            log: send.log,
            path: path,
            recipient: recipient
        )
        // A page of all destinations keeps the recipient, for its links.
        let isPage = recipient == nil || request.query["page"]?.isEmpty == false
        return try await self.page(of: send, to: recipient, request, table.values(page: isPage ? page : nil))
    }

    /// Redirects to the page with the results of a search, where a token stands for what was entered.
    @Sendable private func submit(_ request: UserRequest, _ form: Form) async throws -> Response {
        let send = try await find(request)
        let entered = form["destination"].trimmingCharacters(in: .whitespacesAndNewlines)
        guard !entered.isEmpty else { return Pages.redirect(to: "/console/sends/\(send.id)") }
        if let fault = RecipientKey.fault(of: entered) {
            let list = ["problem": "The destination \(fault).", "search-term": entered]
            return try await page(of: send, request, status: .badRequest, list)
        }
        let token = try await links.token(for: entered, request)
        return Pages.redirect(to: "/console/sends/\(send.id)?recipient=\(token)")
    }

    /// Returns the page of a send, with the values of ``DestinationsTable``, or with a problem in their place.
    private func page(
        of send: (id: SendLogID, log: StoredSendLog),
        to recipient: RecipientLinks.Recipient? = nil,
        _ request: UserRequest,
        status: HTTPResponseStatus = .ok,
        _ list: [String: Any]
    ) async throws -> Response {
        let (user, (id, log)) = (request.user, send)
        guard let fields = Self.fields(of: log.record) else {
            throw StoreError.corrupted(detail: "a record lacks fields")
        }
        var values: [String: Any] = [
            "id": id.text, "campaign": fields.campaign.text, "message": UntrustedText.html(fields.message),
            "why": UntrustedText.html(fields.triggeredBy),
            "when": user.zone.text(fields.start), "zone": user.zone.name,
            "utc": fields.start.description, "destinations": log.destinations.grouped,
            "has-list": log.destinations > 0,
            "bytes": fields.message.count.grouped, "curl": CurlCommands(address: user.serverAddress).sendLog(id),
            "send-field": "{{send._id}}", "campaign-field": "{{campaign._id}}",
        ]
        values["offset"] = user.zone.offsetText(at: fields.start)
        // Links back to the page of the report, or of the recipient, that linked here.
        let referrer = request.input.request.referrer
        let isOfRecipient = referrer?.hasPrefix("/console/recipients/") == true
        let back = referrer.flatMap { isOfRecipient || $0.hasPrefix("/console/sends?") ? $0 : nil }
        values["back"] = back ?? recipient?.report ?? "/console/sends"
        values["back-title"] = isOfRecipient ? "Recipient" : "Sends Report"
        values["no-name"] = user.may(.readCampaigns) ? "unnamed" : "campaign"
        if user.may(.readCampaigns) {
            let names = try await store.campaignNames(of: [fields.campaign], in: request.organisation)
            values["name"] = names[fields.campaign].map { UntrustedText.html($0.description) }
        }
        values.merge(list) { own, _ in own }
        return request.page("send", section: .sends, title: "Send \(id)", status: status, values)
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
