package import SendLogAPI
package import SendLogCore
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
    ///   - sessionSeconds: the lifetime of a session, in seconds
    /// - Throws: an error if a template is not valid Mustache, which the tests exclude.
    package init(store: any Store, authenticator: Authenticator, service: WebhookService, sessionSeconds: Int) throws {
        let pages = Pages(templates: try Templates(), assets: Assets())
        let middleware = ConsoleMiddleware(store: store, pages: pages)
        self.middleware = middleware
        routes =
            SignIn(store: store, authenticator: authenticator, middleware: middleware, lifetime: sessionSeconds).routes
            + TimeZonePage(middleware: middleware).routes + pages.assets.routes
            + SendsReport(store: store, middleware: middleware).routes
            + SendPage(store: store, middleware: middleware).routes
            + CampaignsReport(store: store, middleware: middleware).routes
            + WebhooksPage(service: service, middleware: middleware).routes
            + WebhookEditor(service: service, middleware: middleware).routes
            + WebhookPage(service: service, middleware: middleware).routes
            + KeysPage(store: store, authenticator: authenticator, middleware: middleware).routes
    }
}
