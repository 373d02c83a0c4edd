import Foundation
import NIOHTTP1
import SendLogAPI
import SendLogCore

/// Goes to the send or the campaign whose ID or name a user enters at the top of a page.
struct GoPage: Sendable {
    let store: any LogReader & CampaignStore
    let middleware: ConsoleMiddleware

    private static let path = "/console/go"

    var routes: [Route] {
        [
            middleware.get(Self.path, []) { request in page(request) },
            // The form is posted, because someone may enter a number, which must not be in a URL.
            middleware.post(Self.path, [], handle: go),
        ]
    }

    /// Returns the placeholder of the field; `nil` if the user may see neither sends nor campaigns.
    static func placeholder(for user: SignedInUser) -> String? {
        if user.may(.readCampaigns) { return "Go to ID or name" }
        return user.may(.readSendLogs) ? "Go to a send ID" : nil
    }

    @Sendable private func go(_ request: UserRequest, _ form: Form) async throws -> Response {
        let (user, organisation) = (request.user, request.organisation)
        // IDs are copied with quotes from JSON.
        let quotes = CharacterSet(charactersIn: "\"'`“”‘’")
        let text = form["sought"].trimmingCharacters(in: .whitespacesAndNewlines.union(quotes))
        if text.isEmpty { return page(request) }
        let send = try await send(text, request)
        let lookup = CampaignLookup(store: store)
        let outcome = try await user.may(.readCampaigns) ? lookup.find(text, in: organisation) : .none
        switch (send, outcome) {
        case (let send?, .none), (let send?, .found(_, isExact: false)): return Pages.redirect(to: Self.link(send))
        case (let send?, .several(let choice)) where !choice.isExact: return Pages.redirect(to: Self.link(send))
        case (let send?, .found(let ids, isExact: true)):
            // A send and a campaign may have the same ID.
            var query = CampaignQuery(text: ids[0].text)
            query.isWhole = true
            let campaigns = try await store.campaigns(query, in: organisation)
            return page(request, sought: text, CampaignChoice(text: text, campaigns, isExact: true), send)
        case (_, .several(let choice)): return page(request, sought: text, choice, send)
        case (nil, .found(let ids, _)) where ids.count == 1 || user.may(.readSendLogs):
            return Pages.redirect(to: Self.link(ids, for: user))
        case (nil, .found): return page(request, sought: text, isUnknown: true)
        case (nil, .none): return page(request, sought: text, isUnknown: true)
        }
    }

    /// Returns the send with an ID, if it exists and the user may see it.
    private func send(_ text: String, _ request: UserRequest) async throws(StoreError) -> SendLogID? {
        guard request.user.may(.readSendLogs), let id = SendLogID(text) else { return nil }
        do throws(StoreError) {
            _ = try await store.sendLog(id, in: request.organisation)
            return id
        } catch {
            if error == .notFound { return nil }
            throw error
        }
    }

    private static func link(_ send: SendLogID) -> String { "/console/sends/\(send)" }

    /// Returns the link to the sends of campaigns, or to the campaign if the user may not see sends.
    private static func link(_ campaigns: [CampaignID], for user: SignedInUser) -> String {
        guard user.may(.readSendLogs) else { return CampaignsView(search: campaigns[0].text).link }
        var filter = SendsFilter()
        filter.set(campaigns: campaigns)
        return filter.link()
    }

    /// Returns the page for a text that does not lead to one send or campaign.
    ///
    /// - Parameters:
    ///   - request: the request of the user
    ///   - sought: the text that was entered
    ///   - choice: the campaigns that it may mean
    ///   - send: the send that it may mean as well
    ///   - isUnknown: whether it means nothing
    /// - Returns: the page.
    private func page(
        _ request: UserRequest,
        sought: String = "",
        _ choice: CampaignChoice? = nil,
        _ send: SendLogID? = nil,
        isUnknown: Bool = false
    ) -> Response {
        let user = request.user
        var values: [String: Any] = ["sought": sought, "what": Self.what(for: user)]
        values["choice"] = choice?.values { Self.link([$0], for: user) }
        values["send"] = send.map { ["link": Self.link($0), "id": $0.text] }
        if isUnknown {
            values["problem"] = "“\(Naming.shown(sought))” is not \(Self.what(for: user))."
            values["recipient-hint"] = user.may(.readSendLogs) && CampaignChoice.mayBeRecipient(sought)
        }
        return request.page("go", title: "Go to", status: isUnknown ? .notFound : .ok, values)
    }

    /// What the user may enter.
    private static func what(for user: SignedInUser) -> String {
        switch (user.may(.readSendLogs), user.may(.readCampaigns)) {
        case (true, true): "the ID of a send, or the ID or the name of a campaign"
        case (true, false): "the ID of a send"
        default: "the ID or the name of a campaign"
        }
    }
}
