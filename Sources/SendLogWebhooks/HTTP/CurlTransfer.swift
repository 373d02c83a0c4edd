import CCurl
import Foundation
import SendLogCore
import SendLogNetwork

/// A libcurl easy handle and its exchange; used only on the event loop's thread.
///
/// Each exchange has its own handle. A reused handle keeps a pointer to the last header of its previous response, which
/// libcurl 7.88 follows if the next response begins with a folded line (ADR 18). Connections are still reused: they
/// belong to ``CurlMulti``.
final class CurlTransfer {
    /// Called once with the result.
    typealias Completion = @Sendable (HTTPExchangeResult) -> Void

    let handle: UnsafeMutableRawPointer
    /// The identifier for ``CurlMulti/cancel(_:)``.
    let id: Int
    let exchange: HTTPExchange
    private var completion: Completion?
    /// Lists that libcurl reads during the transfer.
    private var headerFields: UnsafeMutablePointer<curl_slist>?
    private var connectTo: UnsafeMutablePointer<curl_slist>?
    private let errorText: UnsafeMutablePointer<CChar>
    /// The response as received so far.
    var result = HTTPExchangeResult()
    var headerBytes = 0
    var bodyBytes = 0
    /// The reason for which a callback aborted the transfer.
    var abort: Abort?
    /// When the transfer expires.
    private(set) var deadline: ContinuousClock.Instant
    private var isExtended = false
    /// Whether the connection was established at the connect deadline.
    private var isConnected = false

    enum Abort {
        case bodyTooLong
        case headersTooLong
        case staleConnection
    }

    /// The sockets of all connections that libcurl may choose from.
    let sockets: OpenSockets
    /// The socket that was opened for this transfer; `nil` for a reused connection.
    var socket: Int32?
    /// The `errno` of a failed attempt to open a socket; 0 for none.
    var socketError: Int32 = 0

    /// Creates a transfer; `nil` if libcurl has no memory for it.
    init?(_ exchange: HTTPExchange, id: Int, on sockets: OpenSockets, _ completion: @escaping Completion) {
        guard let handle = curl_easy_init() else { return nil }
        self.sockets = sockets
        (self.handle, self.exchange, self.id, self.completion) = (handle, exchange, id, completion)
        deadline = min(exchange.connectDeadline ?? exchange.deadline, exchange.deadline)
        errorText = .allocate(capacity: Int(CURL_ERROR_SIZE))
        errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
    }

    deinit {
        curl_easy_cleanup(handle)
        curl_slist_free_all(headerFields)
        curl_slist_free_all(connectTo)
        errorText.deallocate()
    }

    private static let hasCertificateFile = curl_has_certificate_file() != 0
    /// How long an idle connection may be reused, in seconds.
    private static let idleSeconds = 10

    /// Sets the options of the handle.
    ///
    /// - Returns: the failure if libcurl rejects an option.
    func prepare() -> HTTPFailure? {
        let request = exchange.request
        let host = request.host.contains(":") ? "[\(request.host)]" : request.host
        guard makeLists() else { return .other(reason: "out of memory") }
        let codes = [
            curl_set_string(handle, CURLOPT_URL, "\(request.scheme)://\(host):\(request.port)/"),
            // The request target, byte for byte; libcurl does not use the URL's path.
            curl_set_string(handle, CURLOPT_REQUEST_TARGET, request.target),
            curl_set_long(handle, CURLOPT_PATH_AS_IS, 1),
            curl_set_http_only(handle),
            curl_set_long(handle, CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1)),
            curl_set_long(handle, CURLOPT_HTTP09_ALLOWED, 0),
            curl_set_long(handle, CURLOPT_FOLLOWLOCATION, 0),
            // No proxy, even if the environment sets one.
            curl_set_string(handle, CURLOPT_PROXY, ""),
            curl_set_long(handle, CURLOPT_NOSIGNAL, 1),
            curl_set_long(handle, CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2)),
            curl_set_long(handle, CURLOPT_SSL_VERIFYPEER, 1),
            curl_set_long(handle, CURLOPT_SSL_VERIFYHOST, 2),
            // If a certificate directory is set beside the certificate file, libcurl reads the file again for each
            // connection, which takes 20 ms of this thread. Without the directory, it caches the file.
            Self.hasCertificateFile ? curl_set_string(handle, CURLOPT_CAPATH, nil) : CURLE_OK,
            exchange.certificateFile.map { curl_set_string(handle, CURLOPT_CAINFO, $0) } ?? CURLE_OK,
            curl_set_list(handle, CURLOPT_CONNECT_TO, connectTo),
            curl_set_list(handle, CURLOPT_HTTPHEADER, headerFields),
            curl_set_long(handle, CURLOPT_FRESH_CONNECT, exchange.needsNewConnection ? 1 : 0),
            curl_set_long(handle, CURLOPT_MAXAGE_CONN, Self.idleSeconds),
            curl_set_bytes(handle, CURLOPT_ERRORBUFFER, errorText),
            setBody(request),
            setCallbacks(),
        ]
        guard let code = codes.first(where: { $0 != CURLE_OK }) else { return nil }
        return .other(reason: String(cString: curl_easy_strerror(code)))
    }

    /// Creates the lists that libcurl reads.
    ///
    /// - Returns: false if there is no memory for them.
    private func makeLists() -> Bool {
        // Maps any host and port to this address and the same port: libcurl resolves no name, and reuses only
        // connections to this address.
        let address = exchange.address
        connectTo = curl_slist_append(nil, address.bytes.count == 16 ? "::[\(address)]:" : "::\(address):")
        // Removes the fields that libcurl adds by itself. A webhook cannot set `Expect`.
        var lines = ["Expect:"]
        if exchange.request.body.isEmpty { lines.append("Content-Type:") }
        let accept = "accept"
        if !exchange.headers.contains(where: { $0.name.utf8.count == accept.count && $0.name.lowercased() == accept }) {
            lines.append("Accept:")
        }
        for (name, value) in exchange.headers {
            // libcurl omits a field without a value unless it is written as `Name;`.
            let isBlank = value.utf8.allSatisfy { $0 == UInt8(ascii: " ") }
            lines.append(isBlank ? "\(name);" : "\(name): \(value)")
        }
        for line in lines {
            guard let longer = curl_slist_append(headerFields, line) else { return false }
            headerFields = longer
        }
        return connectTo != nil
    }

    private func setBody(_ request: WebhookRequest) -> CURLcode {
        guard request.method == .post else { return curl_set_long(handle, CURLOPT_HTTPGET, 1) }
        let code = curl_set_size(handle, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(request.body.count))
        guard code == CURLE_OK else { return code }
        // libcurl copies the body; an empty body needs a non-null pointer too.
        return request.body.withUnsafeBytes { bytes in
            curl_set_bytes(handle, CURLOPT_COPYPOSTFIELDS, bytes.baseAddress ?? UnsafeRawPointer(errorText))
        }
    }

    private func setCallbacks() -> CURLcode {
        let this = Unmanaged.passUnretained(self).toOpaque()
        let codes = [
            curl_set_bytes(handle, CURLOPT_PRIVATE, this),
            curl_set_bytes(handle, CURLOPT_WRITEDATA, this),
            curl_set_bytes(handle, CURLOPT_HEADERDATA, this),
            curl_set_bytes(handle, CURLOPT_OPENSOCKETDATA, this),
            curl_set_reader(handle, CURLOPT_WRITEFUNCTION) { bytes, size, count, context in
                CurlTransfer.from(context).receiveBody(bytes, size * count)
            },
            curl_set_reader(handle, CURLOPT_HEADERFUNCTION) { bytes, size, count, context in
                CurlTransfer.from(context).receiveHeader(bytes, size * count)
            },
            curl_set_open_socket(handle) { context, _, address in
                CurlTransfer.from(context).openSocket(address)
            },
            // A connection outlives its transfer, but not the list of all sockets.
            curl_set_bytes(handle, CURLOPT_CLOSESOCKETDATA, Unmanaged.passUnretained(sockets).toOpaque()),
            curl_set_close_socket(handle) { context, descriptor in
                Unmanaged<OpenSockets>.fromOpaque(context.unsafelyUnwrapped).takeUnretainedValue().close(descriptor)
            },
            curl_set_bytes(handle, CURLOPT_PREREQDATA, this),
            curl_set_prereq(handle) { context, _, address, _, port in
                CurlTransfer.from(context).maySendRequest(from: address, port)
            },
        ]
        return codes.first { $0 != CURLE_OK } ?? CURLE_OK
    }

    private static func from(_ context: UnsafeMutableRawPointer?) -> CurlTransfer {
        // Set in `setCallbacks`; the transfer outlives its handle.
        Unmanaged<CurlTransfer>.fromOpaque(context.unsafelyUnwrapped).takeUnretainedValue()
    }

    /// Returns the transfer of a handle that libcurl returned.
    static func of(_ handle: UnsafeMutableRawPointer) -> CurlTransfer? {
        var context: UnsafeMutableRawPointer?
        guard curl_get_pointer(handle, CURLINFO_PRIVATE, &context) == CURLE_OK, let context else { return nil }
        return from(context)
    }

    /// Completes the exchange with libcurl's result code.
    func finish(_ code: CURLcode) { finish(failure(code)) }

    /// Completes the exchange with a failure, or `nil` for a complete response.
    func finish(_ failure: HTTPFailure?) {
        result.failure = failure
        if failure == .cancelled { result.status = nil }
        result.isConnectionReused = curl_get_long(handle, CURLINFO_NUM_CONNECTS) == 0
        completion?(result)
        completion = nil
    }

    /// Handles the expiry of ``deadline``.
    ///
    /// - Returns: the failure; `nil` if the transfer is connected and continues with the exchange's deadline.
    func expire(at now: ContinuousClock.Instant) -> HTTPFailure? {
        guard exchange.connectDeadline != nil, !isConnected else { return .timeout }
        // The connection is established, including TLS.
        if curl_get_size(handle, CURLINFO_PRETRANSFER_TIME_T) > 0 {
            isConnected = true
            (deadline, isExtended) = (exchange.deadline, false)
            return nil
        }
        return .connectTimeout
    }

    /// Extends ``deadline`` because the thread was too busy to read data that may have arrived in time.
    ///
    /// - Returns: whether the deadline is extended; it is extended only once.
    func extendDeadline(to instant: ContinuousClock.Instant) -> Bool {
        if isExtended { return false }
        (deadline, isExtended) = (instant, true)
        return true
    }

    private func failure(_ code: CURLcode) -> HTTPFailure? {
        if abort == .headersTooLong, result.status == nil { return .headersTooLong }
        if abort == .staleConnection { return .closed }
        if code != CURLE_OK, abort == nil {
            if socketError != 0 {
                return .notConnected(reason: "\(String(cString: strerror(socketError))) on this server")
            }
            // A header line may exceed libcurl's limit.
            if code == CURLE_OUT_OF_MEMORY, headerBytes > 0 { return .headersTooLong }
            return HTTPFailure(code, handle, text: String(cString: errorText))
        }
        if result.status != nil { return nil }
        let status = curl_get_long(handle, CURLINFO_RESPONSE_CODE)
        // An incomplete header section, or an interim response without a final one.
        let isIncomplete = headerBytes == 0 || ((100...999).contains(status) && status != 101)
        return isIncomplete ? .closed : .invalidStatus(status)
    }
}
