package import SendLogAPI
package import SendLogCore
package import SendLogRecipients
package import SendLogServices

/// The web console: sign-in, pages and downloads.
package struct Console: Sendable {
    /// The routes, all of them under `/console`.
    package let routes: [Route]
    /// The middleware that authenticates users and renders error pages.
    package let middleware: any RouteMiddleware

    /// Creates the console.
    ///
    /// - Parameters:
    ///   - store: the store of send logs, campaigns, keys and sessions
    ///   - authenticator: authenticates API keys at sign-in
    ///   - service: creates, changes and tests webhooks
    ///   - comparer: compares the recipients of campaigns
    ///   - campaignExport: returns campaigns as files
    ///   - sessionSeconds: the lifetime of a session, in seconds
    ///   - recipientIndex: whether there is a recipient index; without it, sends to a recipient cannot be found
    /// - Throws: an error if a template is not valid Mustache, which the tests exclude.
    package init(
        store: any Store & RecipientIndexStore,
        authenticator: Authenticator,
        service: WebhookService,
        comparer: AudienceComparer,
        campaignExport: CampaignExport,
        sessionSeconds: Int,
        recipientIndex: Bool
    ) throws {
        let pages = Pages(templates: try Templates(), assets: Assets())
        let middleware = ConsoleMiddleware(store: store, authenticator: authenticator, pages: pages)
        self.middleware = middleware
        let links = RecipientLinks(store: store, searchInput: SearchInput(store: store, hasIndex: recipientIndex))
        routes =
            SignIn(store: store, authenticator: authenticator, middleware: middleware, lifetime: sessionSeconds).routes
            + TimeZonePage(middleware: middleware).routes + pages.assets.routes
            + SendsReport(store: store, links: links, middleware: middleware).routes
            + TotalsDownloads(store: store, links: links, middleware: middleware).routes
            + RecipientPage(store: store, links: links, middleware: middleware).routes
            + SendPage(store: store, links: links, middleware: middleware).routes
            + CampaignsReport(store: store, export: campaignExport, middleware: middleware).routes
            + GoPage(store: store, middleware: middleware).routes
            + ComparePage(store: store, comparer: comparer, middleware: middleware).routes
            + WebhooksPage(service: service, middleware: middleware).routes
            + WebhookEditor(service: service, campaigns: store, middleware: middleware).routes
            + WebhookPage(service: service, middleware: middleware).routes
            + KeysPage(store: store, authenticator: authenticator, middleware: middleware).routes
            + OrganisationPage(store: store, middleware: middleware).routes
    }
}
