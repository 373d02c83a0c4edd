/// Why an exchange has no response, or not all of it.
enum HTTPFailure: Error, Equatable, Sendable {
    /// The host has no address.
    case notFound(reason: String)
    /// The host has an address where webhooks may not go.
    case forbidden
    /// The request's URL and header fields are longer than ``HTTPExchange/maxRequestBytes``; nothing was sent.
    case requestTooLong(bytes: Int)
    /// No connection was established; nothing was sent. The reason is the system's, such as `Connection refused`.
    case notConnected(reason: String)
    /// The connect deadline passed; nothing was sent.
    case connectTimeout
    /// The deadline passed.
    case timeout
    /// The receiver closed the connection in order.
    case closed
    /// The receiver reset the connection.
    case reset
    /// What was received is not an HTTP/1.1 response.
    case notHTTP
    /// The status is below 200, or above 999.
    case invalidStatus(Int)
    /// The response headers are longer than ``HTTPExchange/maxHeaderBytes``.
    case headersTooLong
    /// The certificate does not hold for this host.
    case certificate
    /// The receiver does not speak TLS.
    case notTLS
    /// The TLS handshake failed for another reason.
    case tls(reason: String)
    /// The event loop was closed, or the attempt was cancelled.
    case cancelled
    /// Any other failure, in libcurl's words.
    case other(reason: String)

    /// Whether nothing can have been sent, so that another address of the host may be tried.
    var isBeforeSending: Bool {
        switch self {
        case .notConnected, .connectTimeout: true
        default: false
        }
    }

    /// Whether another attempt would fail as well.
    var isFinal: Bool {
        if case .requestTooLong = self { return true }
        return false
    }

    /// Describes the failure for people.
    ///
    /// - Parameter seconds: the timeout of an attempt
    /// - Returns: the reason.
    func description(timeoutSeconds seconds: Int64) -> String {
        switch self {
        case .notFound(let reason): "the host is not found: \(reason)"
        case .forbidden: "the host's address is not a public one; operators allow others with webhooks.allow"
        case .requestTooLong(let bytes):
            "the URL and headers of the request have \(bytes) bytes; at most \(HTTPExchange.maxRequestBytes) can be sent"
        case .notConnected(let reason): "cannot connect: \(reason)"
        case .connectTimeout, .timeout: "no answer within \(seconds) seconds"
        case .closed: "the receiver closed the connection before it answered"
        case .reset: "the receiver reset the connection before it answered"
        case .notHTTP: "the receiver does not speak HTTP"
        case .invalidStatus(let status):
            "the receiver answered with an invalid HTTP status: \(status)"
        case .headersTooLong: "the response headers are longer than \(HTTPExchange.maxHeaderBytes) bytes"
        case .certificate:
            "the receiver's certificate is not valid: it must be issued for this host by a known authority, and not expired"
        case .notTLS: "the receiver does not speak TLS; perhaps http:// is meant"
        case .tls(let reason): "the TLS handshake failed: \(reason)"
        case .cancelled: "cancelled"
        case .other(let reason): "the request failed: \(reason)"
        }
    }
}
