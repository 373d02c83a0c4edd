public import Logging
public import SendLogContent
public import SendLogCore
public import SendLogScheduling

/// The Send Logs API over HTTP: every request takes the one way, which begins with ``respond(to:_:)``.
public struct APIService: Sendable {
    /// Whose keys are asked for.
    public let authenticator: Authenticator

    let table: RouteTable
    /// Where requests are handled that take more than a moment.
    let threads: FairThreadPool
    let limiter: RateLimiter?
    /// Each may hold memory for as long as its client takes.
    let streams: ConcurrencyLimit
    let metrics: ServiceMetrics
    let date = HTTPDate()
    let now: @Sendable () -> Timestamp
    let logger: Logger
    /// Who tells browsers of paths that are not there.
    let front: (any Front)?
    let ids = RequestIDSource()

    /// Puts the API together.
    ///
    /// - Parameters:
    ///   - store: where send logs are
    ///   - authenticator: whose keys are asked for
    ///   - directory: where organisations and keys are
    ///   - context: what the intake of send logs needs
    ///   - client: sends the requests of webhooks that are tested
    ///   - threads: where requests are handled that take more than a moment
    ///   - limits: how much may be under way at the same time
    ///   - rateLimit: how many requests an organisation may make; `nil` for as many as it likes
    ///   - logger: where the log goes
    public init(
        store: any SendLogStore & CampaignStore & WebhookStore,
        authenticator: Authenticator,
        directory: any Directory,
        context: IntakeContext,
        client: any WebhookClient,
        threads: FairThreadPool,
        limits: ConcurrencyLimits = ConcurrencyLimits(),
        rateLimit: RateLimit?,
        logger: Logger
    ) {
        self.init(
            store: store,
            authenticator: authenticator,
            directory: directory,
            context: context,
            client: client,
            threads: threads,
            limits: limits,
            rateLimit: rateLimit,
            logger: logger,
            pages: [],
            front: nil
        )
    }

    /// The same beside pages for people.
    ///
    /// - Parameters:
    ///   - store: where send logs are
    ///   - authenticator: whose keys are asked for
    ///   - directory: where organisations and keys are
    ///   - context: what the intake of send logs needs
    ///   - client: sends the requests of webhooks that are tested
    ///   - threads: where requests are handled that take more than a moment
    ///   - limits: how much may be under way at the same time
    ///   - rateLimit: how many requests an organisation may make; `nil` for as many as it likes
    ///   - logger: where the log goes
    ///   - pages: the routes of the pages
    ///   - front: who tells browsers of paths that are not there
    package init(
        store: any SendLogStore & CampaignStore & WebhookStore,
        authenticator: Authenticator,
        directory: any Directory,
        context: IntakeContext,
        client: any WebhookClient,
        threads: FairThreadPool,
        limits: ConcurrencyLimits = ConcurrencyLimits(),
        rateLimit: RateLimit?,
        logger: Logger,
        pages: [Route],
        front: (any Front)?
    ) {
        self.authenticator = authenticator
        self.logger = logger
        self.front = front
        self.threads = threads
        streams = ConcurrencyLimit(of: "exports and other long responses", limits.streams)
        limiter = rateLimit.map(RateLimiter.init)
        now = context.now
        metrics = ServiceMetrics()
        let uploads = ConcurrencyLimit(of: "imports and long send logs", limits.uploads)
        let service = WebhookService(store: store, directory: directory, client: client, ids: context.ids)
        table = RouteTable(
            routes: ReadingRoutes(store: store).routes
                + RecordingRoutes(store: store, context: context, metrics: metrics, uploads: uploads).routes
                + CampaignRoutes(store: store).routes + WebhookRoutes(service: service).routes
                + ServiceRoutes(directory: directory, metrics: metrics, client: client).routes
                + pages
        )
    }

    /// The routes' names, such as `GET /send-logs/:send_id`.
    public var routes: [String] { table.routes.map(\.name) }
}
