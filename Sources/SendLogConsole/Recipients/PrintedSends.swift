import SendLogCore
import SendLogServices

/// The sends to a recipient as a list to print, oldest first.
struct PrintedSends {
    /// The list as HTML.
    private(set) var html: [UInt8] = []
    /// The number of sends in the list.
    private(set) var count = 0

    /// The largest number of sends, and the size in bytes from which no further sends are added: messages may be long.
    private static let most = (sends: 10_000, bytes: 4 << 20)

    /// Renders the sends of a search; its skip, limit and order are ignored.
    ///
    /// - Parameters:
    ///   - search: the search
    ///   - store: the store
    ///   - request: the request of the user
    /// - Throws: ``StoreError``.
    init(
        of search: SendLogSearch,
        from store: any LogReader & CampaignStore,
        for request: UserRequest
    ) async throws(StoreError) {
        var page = search
        (page.skip, page.limit, page.order) = (0, Self.most.sends, .oldestFirst)
        let zone = request.user.zone
        var (pieces, campaigns): ([(campaign: CampaignID, html: [UInt8])], Set<CampaignID>) = ([], [])
        var (bytes, offsetCache): (Int, UserTimeZone.OffsetCache?) = (0, nil)
        try await SendsReader(store, in: request.organisation).forEach(page) { fields, _ in
            guard let campaign = CampaignID(utf8: fields.campaignID),
                let start = Timestamp(rfc3339: fields.startDeliveryAt)
            else { return true }
            var piece: [UInt8] = []
            piece.append("<dt>")
            zone.appendText(start, offsetCache: &offsetCache, to: &piece)
            piece.append("<dd class=printed-message dir=auto>")
            Self.append(fields.message, to: &piece)
            piece.append("<dd class=faint>Reason: <bdi>")
            Self.append(fields.triggeredBy, to: &piece)
            piece.append("</bdi>, send <code>")
            piece.append(contentsOf: fields.id)
            piece.append("</code>, campaign ")
            pieces.append((campaign, piece))
            campaigns.insert(campaign)
            bytes += piece.count
            return bytes < Self.most.bytes
        }
        var names: [CampaignID: CampaignName] = [:]
        if request.user.may(.readCampaigns) {
            names = try await store.campaignNames(of: Array(campaigns), in: request.organisation)
        }
        count = pieces.count
        html.reserveCapacity(bytes + count * 64)
        for (campaign, piece) in pieces {
            html += piece
            if let name = names[campaign] { html += "<bdi>\(UntrustedText.html(name.description))</bdi> ".utf8 }
            html += "<code>\(campaign)</code>\n".utf8
        }
    }

    private static func append(_ field: UnsafeBufferPointer<UInt8>, to html: inout [UInt8]) {
        var text: [UInt8] = []
        text.appendUnescaped(field)
        text.withUnsafeBufferPointer { UntrustedText.append($0, to: &html) }
    }
}
