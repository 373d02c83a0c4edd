package import SendLogAPI
package import SendLogCore

/// The reports in the browser, and all that belongs to them: signing in, the pages, and the files to download.
package struct Console: Sendable {
    /// Its routes, all of them under `/console`.
    package let routes: [Route]
    /// Who tells browsers what is not to be had.
    package let front: any Front

    /// Puts the console together.
    ///
    /// - Parameters:
    ///   - store: where send logs, campaigns, keys and sessions are
    ///   - authenticator: whose keys open it
    ///   - service: makes, changes and tries webhooks
    ///   - sessionSeconds: how long one stays signed in
    /// - Throws: where a template is not Mustache, which a test would have told.
    package init(store: any Store, authenticator: Authenticator, service: WebhookService, sessionSeconds: Int) throws {
        let pages = Pages(templates: try Templates(), assets: Assets())
        let front = ConsoleFront(store: store, pages: pages)
        self.front = front
        let signIn = SignIn(store: store, authenticator: authenticator, front: front, lifetime: sessionSeconds)
        routes =
            signIn.routes + pages.assets.routes + SendsReport(store: store, front: front).routes
            + SendPage(store: store, front: front).routes + CampaignsReport(store: store, front: front).routes
            + WebhooksPage(service: service, front: front).routes + WebhookEditor(service: service, front: front).routes
            + WebhookPage(service: service, front: front).routes + WebhookActions(service: service, front: front).routes
            + KeysPage(store: store, authenticator: authenticator, front: front).routes
    }
}
