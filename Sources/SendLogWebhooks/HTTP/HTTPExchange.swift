import SendLogCore
import SendLogNetwork

/// One HTTP request to one address.
struct HTTPExchange: Sendable {
    let request: WebhookRequest
    /// All header fields except those that libcurl writes itself (`Content-Length`).
    let headers: [(name: String, value: String)]
    /// The address to connect to; it was checked against ``AddressRules``.
    let address: IPAddress
    /// The deadline for the connection; `nil` for no limit before ``deadline``.
    let connectDeadline: ContinuousClock.Instant?
    /// The deadline for the whole exchange.
    let deadline: ContinuousClock.Instant
    /// Whether to open a new connection even if an idle one exists.
    let needsNewConnection: Bool
    /// A file of CA certificates in PEM form that replaces the system's; `nil` for the system's.
    let certificateFile: String?

    /// The maximum size of the request's target and header fields in bytes; libcurl allows 1 MiB with the request line.
    static let maxRequestBytes = 1_000_000
    /// The maximum size of response headers in bytes, including interim responses and trailers.
    static let maxHeaderBytes = 65_536
    /// The maximum size of a response body in bytes; a longer body is truncated and its connection closed.
    static let maxBodyBytes = 65_536
}

/// The result of an ``HTTPExchange``.
struct HTTPExchangeResult: Sendable {
    /// The status of the final response; `nil` if its header section did not arrive, or if the status is below 200.
    var status: Int?
    /// The value of the final response's `Retry-After` field, unchanged.
    var retryAfter: String?
    /// The first ``DeliveryAttempt/maxResponseBytes`` bytes of the body.
    var body: [UInt8] = []
    /// The failure of the exchange; set together with a status if only the body is incomplete.
    var failure: HTTPFailure?
    /// Whether an idle connection was reused.
    var isConnectionReused = false

    /// Whether the request must be repeated on a new connection, because a reused connection was closed or delivered
    /// bytes that belong to no request.
    ///
    /// A server may close an idle connection at any time (<https://www.rfc-editor.org/rfc/rfc9112#section-9.3.1>), and
    /// may send 408 before it does (<https://www.rfc-editor.org/rfc/rfc9110#section-15.5.9>).
    var isStaleConnection: Bool {
        guard isConnectionReused else { return false }
        if let status { return status == 408 }
        switch failure {
        case .closed, .reset, .notHTTP, .invalidStatus: return true
        default: return false
        }
    }
}
