import SendLogCore
import SendLogNetwork

/// One HTTP request to one address, as the event loop makes it.
struct HTTPExchange: Sendable {
    /// What to send.
    let request: WebhookRequest
    /// All header fields but those that libcurl writes itself (`Content-Length`).
    let headers: [(name: String, value: String)]
    /// The one address to connect to; it was checked against ``AddressRules``.
    let address: IPAddress
    /// When to give up if there is no connection yet; `nil` for no limit before ``deadline``.
    let connectDeadline: ContinuousClock.Instant?
    /// When the exchange must have ended.
    let deadline: ContinuousClock.Instant
    /// Whether to open a new connection even if there is an idle one.
    let needsNewConnection: Bool
    /// A file of CA certificates in PEM form in place of the system's; `nil` for the system's.
    let certificateFile: String?

    /// The most bytes of a request's target and header fields; libcurl takes 1 MiB with the request line.
    static let maxRequestBytes = 1_000_000
    /// The most bytes of response headers that are read, interim responses and trailers included.
    static let maxHeaderBytes = 65_536
    /// The most bytes of a response body that are read; a longer body is cut off with its connection.
    static let maxBodyBytes = 65_536
}

/// What came of an ``HTTPExchange``.
struct HTTPExchangeResult: Sendable {
    /// The status of the final response; `nil` if its header section did not arrive, or if it is no status (below 200).
    var status: Int?
    /// The `Retry-After` field of the final response, as it was sent.
    var retryAfter: String?
    /// The first ``DeliveryAttempt/mostAnswer`` bytes of the body.
    var body: [UInt8] = []
    /// Why the exchange failed; set beside a status if only the body behind it is incomplete.
    var failure: HTTPFailure?
    /// Whether an idle connection was used.
    var isConnectionReused = false

    /// Whether a reused connection was closed, or brought bytes that belong to no request, so that the request is repeated on
    /// a new one.
    ///
    /// A server may close an idle connection at any time (<https://www.rfc-editor.org/rfc/rfc9112#section-9.3.1>), and may
    /// say so with 408 (<https://www.rfc-editor.org/rfc/rfc9110#section-15.5.9>).
    var isStaleConnection: Bool {
        guard isConnectionReused else { return false }
        if let status { return status == 408 }
        switch failure {
        case .closed, .reset, .notHTTP, .invalidStatus: return true
        default: return false
        }
    }
}
