import SendLogCore

/// The rows of a page of sends, with the names of their campaigns.
struct SendsTable {
    /// The rows as HTML; empty if the page has none.
    private(set) var rows: [UInt8] = []
    /// The names of campaigns; `nil` if the user may not read them.
    private(set) var names: [CampaignID: CampaignName]?

    /// Renders the result of a search.
    ///
    /// - Parameters:
    ///   - found: the result
    ///   - campaigns: further campaigns whose names are read
    ///   - recipient: the recipient of the sends, if it was searched for
    ///   - store: the store
    ///   - request: the request of the user
    /// - Throws: ``StoreError``.
    init(
        _ found: SearchResult,
        naming campaigns: [CampaignID],
        to recipient: RecipientLinks.Recipient?,
        from store: any LogReader & CampaignStore,
        for request: UserRequest
    ) async throws(StoreError) {
        let organisation = request.organisation
        names = request.user.may(.readCampaigns) ? [:] : nil
        var block: RowBlock? = found.rows
        while let next = block {
            if names != nil {
                let ids = Self.campaigns(of: next).union(campaigns)
                names?.merge(try await store.campaignNames(of: Array(ids), in: organisation)) { $1 }
            }
            try SendRows(names: names, zone: request.user.zone, recipient: recipient).append(next, to: &rows)
            block = nil
            if let rest = next.rest { block = try await store.rows(rest, in: organisation) }
        }
    }

    private static func campaigns(of block: RowBlock) -> Set<CampaignID> {
        var ids: Set<CampaignID> = []
        block.text.withUnsafeBufferPointer { text in
            var last: UnsafeBufferPointer<UInt8>?
            for row in block.rows {
                guard let id = RecordFields.campaignID(of: UnsafeBufferPointer(rebasing: text[row.record])),
                    last?.elementsEqual(id) != true
                else { continue }
                last = id
                if let id = CampaignID(utf8: id) { ids.insert(id) }
            }
        }
        return ids
    }
}
