import SendLogContent
package import SendLogCore

/// The export of campaigns as a file.
///
/// The rows come from one snapshot, which must not stay open while a client reads slowly, so they are spooled.
package struct CampaignExport: Sendable {
    let store: any CampaignStore
    let spoolFolder: String

    /// Creates an export.
    ///
    /// - Parameters:
    ///   - store: the store of the campaigns
    ///   - spoolFolder: the folder for the unnamed files of long exports
    package init(store: any CampaignStore, spoolFolder: String) {
        (self.store, self.spoolFolder) = (store, spoolFolder)
    }

    /// Returns all campaigns of a query as a file; the skip and limit of the query are ignored.
    ///
    /// - Throws: the error of the store.
    package func response(
        _ query: CampaignQuery,
        _ format: SendLogExport.Format,
        in organisation: OrganisationID
    ) async throws -> Response {
        var query = query
        (query.skip, query.limit) = (0, CampaignQuery.noLimit)
        var spool = ResponseSpool(folder: spoolFolder)
        if format == .csv {
            try spool.append { bytes in
                bytes.append("_id,name,sends,destinations,firstSendAt,lastSendAt")
                bytes.append(CSV.lineEnd)
            }
        }
        let (totals, text) = try await store.reduceCampaigns(query, in: organisation, into: spool) {
            (text, campaign) throws(StoreError) in
            try text.append { bytes in
                switch format {
                case .csv: Self.appendCSV(campaign, to: &bytes)
                case .ndjson:
                    campaign.writeJSON(to: &bytes)
                    bytes.append("\n")
                }
            }
        }
        var response = Response(type: format.mediaType) { try await text.send(to: &$0) }
        response.fields = format.fields(file: "campaigns", total: totals.campaigns, asOf: nil)
        response.event = .fileExported("campaigns.\(format.rawValue)", rows: totals.campaigns)
        return response
    }

    private static func appendCSV(_ campaign: Campaign, to bytes: inout [UInt8]) {
        for text in [campaign.id.text, campaign.name?.description ?? ""] {
            var text = text
            text.withUTF8 { CSV.append($0, to: &bytes) }
            bytes.append(",")
        }
        bytes.appendDecimal(campaign.sends)
        bytes.append(",")
        bytes.appendDecimal(campaign.destinations)
        for moment in [campaign.first, campaign.last] {
            bytes.append(",")
            moment.write(to: &bytes)
        }
        bytes.append(CSV.lineEnd)
    }
}
