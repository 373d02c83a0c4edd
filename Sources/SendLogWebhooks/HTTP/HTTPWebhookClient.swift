public import SendLogCore
import SendLogNetwork
import Synchronization

/// Sends webhooks' requests over HTTP/1.1 with libcurl: to addresses that were checked, without redirects, and for seconds only.
public struct HTTPWebhookClient: WebhookClient {
    private let rules: AddressRules
    private let lookup: any AddressLookup
    private let timeout: Duration
    private let certificateFile: String?
    private let loop = LowPriorityEventLoop()
    private let counters = Counters()

    /// How many of a host's addresses are tried.
    private static let maxAddresses = 4

    /// Makes a client.
    ///
    /// - Parameters:
    ///   - rules: where requests may go
    ///   - timeout: how many seconds a receiver has to answer
    public init(rules: AddressRules, timeout: Int) {
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

    /// The thread of low priority on which requests are made, for those who work with the client.
    public var executor: any TaskExecutor { loop }

    /// See ``WebhookClient/tally``.
    public var tally: AttemptTally { counters.tally.withLock { $0 } }

    private final class Counters: Sendable {
        let tally = Mutex(AttemptTally())
    }

    /// See ``WebhookClient/attempt(_:_:as:at:)``.
    public func attempt(
        _ webhook: Webhook,
        _ send: WebhookSend,
        as id: DeliveryID,
        at now: Timestamp
    ) async -> DeliveryAttempt? {
        let begin = ContinuousClock.now
        // On the client's own thread, so that a caller that is busy cannot make an attempt late.
        let work = Task(executorPreference: loop) { await exchange(webhook, send, as: id, at: now, from: begin) }
        let result = await withTaskCancellationHandler {
            await work.value
        } onCancel: {
            work.cancel()
        }
        if result.failure == .cancelled { return nil }
        let duration = (ContinuousClock.now - begin).components
        let attempt = DeliveryAttempt(
            at: now,
            duration: Int(duration.seconds * 1000 + duration.attoseconds / 1_000_000_000_000_000),
            status: result.status,
            problem: problem(result),
            answer: result.body,
            retryAfter: result.retryAfter.flatMap { RetryAfter.seconds($0, at: now) },
            isFinal: result.failure?.isFinal == true
        )
        counters.tally.withLock { $0.add(attempt) }
        return attempt
    }

    /// Why an attempt failed, or what is wrong with its response.
    private func problem(_ result: HTTPExchangeResult) -> String? {
        let seconds = timeout.components.seconds
        guard let status = result.status else { return result.failure?.description(timeoutSeconds: seconds) }
        if (300..<400).contains(status) { return "the receiver redirects, which is not followed" }
        // A status counts even if the body is incomplete.
        return result.failure == .timeout ? "the answer's body did not end within \(seconds) seconds" : nil
    }

    private func exchange(
        _ webhook: Webhook,
        _ send: WebhookSend,
        as id: DeliveryID,
        at now: Timestamp,
        from begin: ContinuousClock.Instant
    ) async -> HTTPExchangeResult {
        let request = webhook.definition.request(for: send)
        let headers = WebhookHeaders.fields(of: request, for: id, of: send, webhook, at: now)
        // libcurl puts a short body into the same buffer.
        let first = request.target.utf8.count + (request.body.count < 65_536 ? request.body.count : 0)
        let bytes = headers.reduce(first) { $0 + $1.name.utf8.count + $1.value.utf8.count + 4 }
        if bytes > HTTPExchange.maxRequestBytes { return HTTPExchangeResult(failure: .requestTooLong(bytes: bytes)) }
        let addresses: [IPAddress]
        do {
            addresses = try await self.addresses(of: request.host, for: webhook.organisation, until: begin + timeout)
        } catch {
            return HTTPExchangeResult(failure: error as? HTTPFailure ?? .other(reason: "\(error)"))
        }
        var result = HTTPExchangeResult(failure: .notFound(reason: "no address"))
        for (position, address) in addresses.enumerated() {
            let isLast = position + 1 == addresses.count
            // Where packets are dropped, there is time for the next address.
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

    /// The addresses of a host, all of which are allowed.
    ///
    /// - Throws: ``HTTPFailure``.
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
                found = try await loop.withDeadline(deadline) {
                    try await lookup.addresses(of: host, for: organisation)
                }
            } catch let error as LookupFailure {
                throw HTTPFailure.notFound(reason: error.reason)
            }
        }
        // Which of them is not public is not for everybody to know.
        guard found.allSatisfy({ rules.allows($0, for: host) }) else { throw HTTPFailure.forbidden }
        return Array(found.prefix(Self.maxAddresses))
    }
}
