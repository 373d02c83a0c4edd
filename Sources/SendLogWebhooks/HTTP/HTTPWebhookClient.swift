public import SendLogCore
import SendLogNetwork

/// Sends webhook requests over HTTP/1.1 with libcurl, to checked addresses, without redirects, and with a timeout.
public final class HTTPWebhookClient: WebhookClient {
    private let rules: AddressRules
    private let lookup: any AddressLookup
    private let timeout: Duration
    private let certificateFile: String?
    private let loop = LowPriorityEventLoop()
    /// See ``WebhookClient/tallies``.
    public let tallies = AttemptTallies()

    /// The maximum number of a host's addresses that are tried.
    private static let maxAddresses = 4

    /// Creates a client.
    ///
    /// - Parameters:
    ///   - rules: the addresses that requests may go to
    ///   - timeout: the timeout of an attempt, in seconds
    public convenience init(rules: AddressRules, timeout: Int) {
        self.init(rules: rules, timeout: .seconds(timeout), lookup: SystemLookup())
    }

    init(rules: AddressRules, timeout: Duration, lookup: any AddressLookup, certificateFile: String? = nil) {
        self.rules = rules
        self.timeout = timeout
        self.lookup = lookup
        self.certificateFile = certificateFile
    }

    /// Cancels attempts in progress, and closes all connections.
    public func close() { loop.close() }

    /// The low-priority event loop that makes the requests; workers that use the client may run on it too.
    public var executor: any TaskExecutor { loop }

    /// See ``WebhookClient/attempt(_:_:as:at:)``.
    public func attempt(
        _ webhook: Webhook,
        _ send: WebhookSend,
        as id: DeliveryID,
        at now: Timestamp
    ) async -> DeliveryAttempt? {
        let begin = ContinuousClock.now
        // Runs on the client's own thread, so that a busy caller cannot delay an attempt.
        let work = Task(executorPreference: loop) { await self.exchange(webhook, send, as: id, at: now, from: begin) }
        let result = await withTaskCancellationHandler {
            await work.value
        } onCancel: {
            work.cancel()
        }
        if result.failure == .cancelled { return nil }
        let attempt = DeliveryAttempt(
            at: now,
            duration: Int((ContinuousClock.now - begin) / Duration.milliseconds(1)),
            status: result.status,
            problem: problem(result),
            responseBody: result.body,
            retryAfter: result.retryAfter.flatMap { RetryAfter.seconds($0, at: now) },
            isPermanent: result.failure?.isPermanent == true
        )
        tallies.add(attempt, of: webhook.key)
        return attempt
    }

    /// Returns the reason for a failed attempt, or a problem with its response.
    private func problem(_ result: HTTPExchangeResult) -> String? {
        let seconds = timeout.components.seconds
        guard let status = result.status else { return result.failure?.description(timeoutSeconds: seconds) }
        if (300..<400).contains(status) { return "the receiver responded with a redirect, which is not followed" }
        // The status decides the result even if the body is incomplete.
        return result.failure == .timeout ? "the response body was not complete within \(seconds) seconds" : nil
    }

    private func exchange(
        _ webhook: Webhook,
        _ send: WebhookSend,
        as id: DeliveryID,
        at now: Timestamp,
        from begin: ContinuousClock.Instant
    ) async -> HTTPExchangeResult {
        let request = WebhookRequest(webhook.definition, for: send)
        let headers = WebhookHeaders.fields(of: request, for: id, of: send, webhook, at: now)
        // libcurl copies a body below 64 KiB into the same buffer, so it counts as well.
        let first = request.target.utf8.count + (request.body.count < 65_536 ? request.body.count : 0)
        let bytes = headers.reduce(first) { $0 + $1.name.utf8.count + $1.value.utf8.count + 4 }
        if bytes > HTTPExchange.maxRequestBytes { return HTTPExchangeResult(failure: .requestTooLong(bytes: bytes)) }
        let addresses: [IPAddress]
        do {
            addresses = try await self.addresses(of: request.host, for: webhook.organisation, until: begin + timeout)
        } catch {
            return HTTPExchangeResult(failure: error as? HTTPFailure ?? .other(reason: "\(error)"))
        }
        var result = HTTPExchangeResult(failure: .hostNotFound(reason: "no address"))
        for (position, address) in addresses.enumerated() {
            let isLast = position + 1 == addresses.count
            // A part of the timeout, so that time remains for the next address if a network drops packets.
            let connectDeadline = isLast ? nil : ContinuousClock.now + timeout / 4
            for needsNewConnection in [false, true] {
                result = await loop.perform(
                    HTTPExchange(
                        request: request,
                        headers: headers,
                        address: address,
                        connectDeadline: connectDeadline,
                        deadline: begin + timeout,
                        needsNewConnection: needsNewConnection,
                        certificateFile: certificateFile
                    )
                )
                if !result.isStaleConnection { break }
            }
            guard result.failure?.isBeforeSending == true else { break }
        }
        return result
    }

    /// Returns the addresses of a host.
    ///
    /// - Throws: ``HTTPFailure``, also if one of the addresses is not allowed.
    private func addresses(
        of host: String,
        for organisation: OrganisationID,
        until deadline: ContinuousClock.Instant
    ) async throws -> [IPAddress] {
        let found: [IPAddress]
        if let address = IPAddress(host) {
            found = [address]
        } else {
            do {
                found = try await loop.withDeadline(deadline) { [lookup] in
                    try await lookup.addresses(of: host, for: organisation)
                }
            } catch let error as LookupFailure {
                throw HTTPFailure.hostNotFound(reason: error.reason)
            }
        }
        // Does not report which address is not public: that would disclose the internal network.
        guard found.allSatisfy({ rules.allows($0, for: host) }) else { throw HTTPFailure.addressNotAllowed }
        return Array(found.prefix(Self.maxAddresses))
    }
}
