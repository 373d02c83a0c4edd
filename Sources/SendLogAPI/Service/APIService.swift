package import SendLogContent
package import SendLogCore
package import SendLogRecipients
package import SendLogScheduling
public import SendLogServices

/// The Send Logs API over HTTP; ``respond(to:_:)`` handles every request.
public struct APIService: Sendable {
    /// Authenticates the API keys of requests.
    public let authenticator: Authenticator

    let table: RouteTable
    private let store: any LogReader
    /// The thread pool for requests that are not handled on an event loop.
    let threads: FairThreadPool
    /// The rate limit of the API's routes; `nil` for none.
    let limiter: RateLimiter?
    /// The rate limit of the pages for people, so that a program cannot lock them out; `nil` for none.
    let pageLimiter: RateLimiter?
    /// The limit of streamed and long responses, each of which may hold memory until its client has read it.
    let streams: ConcurrencyLimit
    let metrics: ServiceMetrics
    let date = HTTPDate()
    let now: @Sendable () -> Timestamp
    let log: any RequestLog
    /// Renders the error page for browsers whose request matches no route; `nil` for none.
    let middleware: (any RouteMiddleware)?
    let ids = RequestIDSource()
    /// The path under which a proxy publishes the server; see ``HTTPRequest/basePath``.
    let basePath: String

    /// Decides which pages of other origins may use the API; `nil` if none may.
    let crossOrigin: CrossOriginPolicy?
    /// The number of routes of the API, which the routes of the pages for people follow in the table.
    let apiRouteCount: Int
    /// The first segments of the pages' paths, such as `console`.
    let pageRoots: Set<String>

    /// Creates the API; `pages` are the routes of the pages for people.
    ///
    /// Requests to the API count against `rateLimit`, and requests of signed-in people against `pageRateLimit`.
    /// Without a recipient index (`recipientIndex`), searches by recipient are refused.
    /// The base path is that of the server's requests; see ``ServerSettings/basePath``. The allowed origins are those
    /// whose pages may use the API in a browser, such as `https://app.example.com`. `processMetrics` returns the metrics
    /// of the process and its connections. `recorded` is called with the organisation after send logs were recorded.
    package init(
        store: any LogReader & LogWriter & CampaignStore & IdempotencyStore & OrganisationStore & RecipientIndexStore
            & DatabaseSizeReader,
        authenticator: Authenticator,
        context: ParserContext,
        webhooks: WebhookService,
        comparer: AudienceComparer,
        threads: FairThreadPool,
        limits: ConcurrencyLimits = ConcurrencyLimits(),
        rateLimit: RateLimit?,
        pageRateLimit: RateLimit? = nil,
        recipientIndex: Bool = true,
        log: any RequestLog,
        basePath: String = "",
        allowedOrigins: [String] = [],
        processMetrics: @escaping @Sendable () -> [MetricFamily] = { [] },
        recorded: @escaping @Sendable (OrganisationID) -> Void = { _ in },
        pages: [Route] = [],
        middleware: (any RouteMiddleware)? = nil
    ) {
        (self.authenticator, self.threads, self.log) = (authenticator, threads, log)
        self.store = store
        (self.middleware, self.basePath) = (middleware, basePath)
        crossOrigin = CrossOriginPolicy(allowedOrigins)
        streams = ConcurrencyLimit(of: "exports and other long responses", limits.streams)
        limiter = rateLimit.map(RateLimiter.init)
        pageLimiter = pageRateLimit.map(RateLimiter.init)
        now = context.now
        metrics = ServiceMetrics()
        let uploads = ConcurrencyLimit(of: "imports, long send logs and lists to compare", limits.uploads)
        let idempotencyHandler = IdempotencyHandler(store: store, context: context)
        let recording = RecordingRoutes(
            store: NotifyingLogWriter(store, recorded: recorded),
            context: context,
            metrics: metrics,
            uploads: uploads,
            idempotencyHandler: idempotencyHandler
        )
        let searchInput = SearchInput(store: store, hasIndex: recipientIndex)
        table = RouteTable(
            routes: ReadingRoutes(store: store, searchInput: searchInput).routes + recording.routes
                + CampaignRoutes(
                    store: store,
                    idempotencyHandler: idempotencyHandler,
                    spoolFolder: context.spoolFolder
                ).routes
                + AudienceRoutes(comparer: comparer, uploads: uploads).routes
                + AccountRoutes(store: store).routes
                + WebhookRoutes(service: webhooks, idempotencyHandler: idempotencyHandler).routes
                + ServiceRoutes(
                    store: store,
                    metrics: MetricsCollector(
                        store: store,
                        service: metrics,
                        webhooks: webhooks,
                        recipientIndex: recipientIndex,
                        process: processMetrics
                    ),
                    basePath: basePath
                ).routes
                + pages
        )
        apiRouteCount = table.routes.count - pages.count
        pageRoots = Set(pages.compactMap { $0.parts.first })
    }

    /// See ``HTTPResponder/endTurn()``.
    package func endTurn() { store.endReads() }

    /// The names of the routes, such as `GET /send-logs/:send_id`.
    public var routes: [String] { table.routes.map(\.name) }
}
