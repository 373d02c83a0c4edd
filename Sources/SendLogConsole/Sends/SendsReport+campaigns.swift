import NIOHTTP1
import SendLogAPI
import SendLogCore
import SendLogHTTP

/// The campaigns that users enter for the Sends Report: names, parts of names, and IDs.
extension SendsReport {
    /// Returns the filter of a query, and what its campaigns mean; `nil` if they are the IDs of campaigns in any case.
    ///
    /// - Throws: ``StoreError``.
    func filter(
        _ query: QueryString,
        _ request: UserRequest
    ) async throws(StoreError) -> (filter: SendsFilter, entry: CampaignLookup.Entry?) {
        try await CampaignLookup(store: store).filter(query, request, areIDsKnown: request.input.request.method == .GET)
    }

    /// Returns the response to a link with a text in place of IDs; `nil` if the link has IDs.
    func response(
        to entry: CampaignLookup.Entry?,
        _ filter: SendsFilter,
        _ request: UserRequest
    ) async throws -> Response? {
        guard let entry, filter.problems.isEmpty else { return nil }
        if let choice = entry.choice {
            var recipient = ""
            if let token = filter.recipient { recipient = try await links.recipient(token, request).text }
            return try await choose(choice, filter, request, entered: recipient)
        }
        return entry.isOfIDs ? nil : Pages.redirect(to: filter.link(page: filter.page, isPinned: true))
    }

    /// Looks up the campaigns of a link that finds nothing: an ID in it may be the name, or a part of the ID, of another.
    ///
    /// - Returns: the response that leads to the campaign, if there is one; else the first ID that no campaign has. A
    ///   campaign may be linked before its first send.
    /// - Throws: ``StoreError``.
    func lookUpCampaigns(
        _ filter: SendsFilter,
        _ recipient: RecipientLinks.Recipient?,
        _ request: UserRequest
    ) async throws(StoreError) -> (response: Response?, unknown: String?) {
        guard !filter.campaigns.isEmpty, request.user.may(.readCampaigns) else { return (nil, nil) }
        let entry = try await CampaignLookup(store: store).entry(filter.campaigns.map(\.text), in: request.organisation)
        if entry.isOfIDs && entry.choice == nil || entry.unknown != nil { return (nil, entry.unknown) }
        var found = filter
        found.set(campaigns: entry.campaigns)
        guard let choice = entry.choice else { return (Pages.redirect(to: found.link(page: found.page)), nil) }
        found.keep(enteredCampaign: choice.text)
        return (try await choose(choice, found, request, entered: recipient?.text ?? ""), nil)
    }

    /// Returns the page on which the user chooses one of several campaigns.
    func choose(
        _ choice: CampaignChoice,
        _ filter: SendsFilter,
        _ request: UserRequest,
        entered recipient: String
    ) async throws(StoreError) -> Response {
        let names = try await store.campaignNames(of: filter.campaigns, in: request.organisation)
        let values: [String: Any] = [
            "filter": form(filter, request, names: names, entered: recipient),
            "choice": choice.values { campaign in
                var chosen = filter
                (chosen.asOf, chosen.page) = (nil, 1)
                if !chosen.campaigns.contains(campaign) { chosen.campaigns.append(campaign) }
                return chosen.link()
            },
        ]
        return request.page("sends", section: .sends, values)
    }
}

extension SendsFilter {
    /// Returns the address of the page on which the user chooses one of several campaigns.
    ///
    /// - Returns: `nil` if the text may be a recipient, which must not be in a URL, or if the report would take it for the
    ///   ID of a further campaign.
    func address(of choice: CampaignChoice) -> String? {
        guard !CampaignChoice.mayBeRecipient(choice.text), campaigns.isEmpty || CampaignID(choice.text) == nil else {
            return nil
        }
        let parameters = parameters() + [(name: "campaign", value: choice.text)]
        return "/console/sends?\(parameters.encoded)"
    }
}

extension CampaignLookup {
    /// Returns the filter of a query of the Sends Report, with the campaigns that its texts mean.
    ///
    /// - Parameters:
    ///   - query: the query
    ///   - request: the request of the user
    ///   - areIDsKnown: whether a text that can be an ID is one, as in the report's own links, without looking it up
    /// - Returns: the filter, and what its campaigns mean, if they were looked up.
    /// - Throws: ``StoreError``.
    func filter(
        _ query: QueryString,
        _ request: UserRequest,
        areIDsKnown: Bool
    ) async throws(StoreError) -> (filter: SendsFilter, entry: Entry?) {
        let (zone, texts) = (request.user.zone, query.all("campaign"))
        let isKnown = areIDsKnown && texts.allSatisfy { $0.isEmpty || CampaignID($0) != nil }
        guard !isKnown, request.user.may(.readCampaigns) else { return (SendsFilter(query, zone: zone), nil) }
        let entry = try await self.entry(texts, in: request.organisation)
        var filter = SendsFilter(QueryString(query.pairs.filter { $0.name != "campaign" }.encoded[...]), zone: zone)
        filter.set(campaigns: entry.campaigns)
        if let unknown = entry.unknown {
            filter.keep(enteredCampaign: unknown, problem: Self.unknown(unknown))
        } else if let choice = entry.choice {
            filter.keep(enteredCampaign: choice.text)
        }
        return (filter, entry)
    }

    /// Returns the filter of a file of the Sends Report, and its search.
    ///
    /// - Throws: ``InvalidInput`` if the filter is not valid, or if a text can mean several campaigns; ``APIError`` if the
    ///   sends to the recipient cannot be found now; ``StoreError``.
    func search(
        ofFile request: UserRequest,
        _ links: RecipientLinks
    ) async throws -> (filter: SendsFilter, search: SendLogSearch) {
        let filter = try await filter(ofFile: request)
        if !filter.problems.isEmpty { throw InvalidInput(sentences: filter.problems) }
        var search = filter.search
        if let token = filter.recipient {
            var recipient = try await links.recipient(token, request)
            try await links.limit(&search, to: &recipient, in: request.organisation)
        }
        return (filter, search)
    }

    private func filter(ofFile request: UserRequest) async throws -> SendsFilter {
        // A file has no page that could say that a name was taken for an ID.
        let (filter, entry) = try await self.filter(request.query, request, areIDsKnown: false)
        // A campaign may be linked before its first send.
        if let unknown = entry?.unknown, CampaignID(unknown) != nil {
            return SendsFilter(request.query, zone: request.user.zone)
        }
        if let choice = entry?.choice {
            let text = Naming.shown(choice.text)
            throw InvalidInput(sentences: [
                "“\(text)” matches \(choice.total.counted("campaign")). Enter the ID of one."
            ])
        }
        return filter
    }
}
