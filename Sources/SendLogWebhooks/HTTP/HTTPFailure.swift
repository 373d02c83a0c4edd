/// The reason for a missing or incomplete response.
enum HTTPFailure: Error, Equatable, Sendable {
    /// The host has no address.
    case hostNotFound(reason: String)
    /// The host has an address that webhooks may not connect to.
    case addressNotAllowed
    /// The request's URL and header fields are longer than ``HTTPExchange/maxRequestBytes``; nothing was sent.
    case requestTooLong(bytes: Int)
    /// No connection was established; nothing was sent. The reason comes from the system, such as `Connection refused`.
    case notConnected(reason: String)
    /// The connect deadline passed; nothing was sent.
    case connectTimeout
    /// The deadline passed.
    case timeout
    /// The receiver closed the connection.
    case closed
    /// The receiver reset the connection.
    case reset
    /// What was received is not an HTTP/1.1 response.
    case notHTTP
    /// The status is below 200, or above 999.
    case invalidStatus(Int)
    /// The response headers are longer than ``HTTPExchange/maxHeaderBytes``.
    case headersTooLong
    /// The certificate is not valid for this host.
    case certificate
    /// The receiver does not speak TLS.
    case notTLS
    /// The TLS handshake failed for another reason.
    case tls(reason: String)
    /// The event loop was closed, or the attempt was cancelled.
    case cancelled
    /// Any other failure, as described by libcurl.
    case other(reason: String)

    /// Whether the request was certainly not sent, so that another address of the host may be tried.
    var isBeforeSending: Bool {
        switch self {
        case .notConnected, .connectTimeout: true
        default: false
        }
    }

    /// Whether another attempt would fail in the same way.
    var isPermanent: Bool {
        if case .requestTooLong = self { return true }
        return false
    }

    /// Describes the failure for people, given the timeout of an attempt.
    func description(timeoutSeconds seconds: Int64) -> String {
        switch self {
        case .hostNotFound(let reason): "host not found: \(reason)"
        case .addressNotAllowed: "the host's address is not public; an operator can allow it with webhooks.allow"
        case .requestTooLong(let bytes):
            "the URL and headers of the request have \(bytes) bytes; the limit is \(HTTPExchange.maxRequestBytes)"
        case .notConnected(let reason): "cannot connect: \(reason)"
        case .connectTimeout, .timeout: "no response within \(seconds) seconds"
        case .closed: "the receiver closed the connection before it responded"
        case .reset: "the receiver reset the connection before it responded"
        case .notHTTP: "the receiver did not respond with HTTP"
        case .invalidStatus(let status): "the receiver responded with an invalid HTTP status: \(status)"
        case .headersTooLong: "the response headers are longer than \(HTTPExchange.maxHeaderBytes) bytes"
        case .certificate:
            "the receiver's certificate is invalid: it must be issued for this host by a trusted authority, and not be expired"
        case .notTLS: "the receiver does not support TLS; check whether the URL must begin with http://"
        case .tls(let reason): "the TLS handshake failed: \(reason)"
        case .cancelled: "cancelled"
        case .other(let reason): "the request failed: \(reason)"
        }
    }
}
