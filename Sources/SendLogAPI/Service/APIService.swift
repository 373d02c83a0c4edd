package import Logging
package import SendLogContent
package import SendLogCore
package import SendLogScheduling
public import SendLogServices

/// The Send Logs API over HTTP; ``respond(to:_:)`` handles every request.
public struct APIService: Sendable {
    /// Authenticates the API keys of requests.
    public let authenticator: Authenticator

    let table: RouteTable
    /// The thread pool for requests that are not handled on an event loop.
    let threads: FairThreadPool
    let limiter: RateLimiter?
    /// The limit of streamed and long responses, each of which may hold memory until its client has read it.
    let streams: ConcurrencyLimit
    let metrics: ServiceMetrics
    let date = HTTPDate()
    let now: @Sendable () -> Timestamp
    let logger: Logger
    /// Renders the page for browsers that request an unknown path; `nil` for none.
    let middleware: (any RouteMiddleware)?
    let ids = RequestIDSource()

    /// Creates the API; `pages` are the routes of the pages for people.
    package init(
        store: any LogReader & LogWriter & CampaignStore,
        authenticator: Authenticator,
        context: ParserContext,
        webhooks: WebhookService,
        threads: FairThreadPool,
        limits: ConcurrencyLimits = ConcurrencyLimits(),
        rateLimit: RateLimit?,
        logger: Logger,
        pages: [Route] = [],
        middleware: (any RouteMiddleware)? = nil
    ) {
        (self.authenticator, self.threads, self.logger) = (authenticator, threads, logger)
        self.middleware = middleware
        streams = ConcurrencyLimit(of: "exports and other long responses", limits.streams)
        limiter = rateLimit.map(RateLimiter.init)
        now = context.now
        metrics = ServiceMetrics()
        let uploads = ConcurrencyLimit(of: "imports and long send logs", limits.uploads)
        table = RouteTable(
            routes: ReadingRoutes(store: store).routes
                + RecordingRoutes(store: store, context: context, metrics: metrics, uploads: uploads).routes
                + CampaignRoutes(store: store).routes + WebhookRoutes(service: webhooks).routes
                + ServiceRoutes(store: store, metrics: metrics, webhooks: webhooks).routes
                + pages
        )
    }

    /// The names of the routes, such as `GET /send-logs/:send_id`.
    public var routes: [String] { table.routes.map(\.name) }
}
