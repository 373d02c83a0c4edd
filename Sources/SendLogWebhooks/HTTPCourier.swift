import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
public import SendLogCore
import Synchronization

/// Carries requests over HTTP: to addresses that were checked, without redirects, and for seconds only.
public struct HTTPCourier: WebhookCourier {
    private let rules: AddressRules
    private let lookup: any AddressLookup
    private let clients: ClientPool
    private let timeout: Duration
    private let attempts = Attempts()
    private let thread = QuietThread()

    /// Makes a courier.
    ///
    /// - Parameters:
    ///   - rules: where requests may go
    ///   - timeout: how many seconds a receiver has to answer
    public init(rules: AddressRules, timeout: Int) {
        self.init(rules: rules, timeout: .seconds(timeout), lookup: SystemLookup())
    }

    init(rules: AddressRules, timeout: Duration, lookup: any AddressLookup) {
        self.rules = rules
        self.lookup = lookup
        self.timeout = timeout
        clients = ClientPool(timeout: timeout, thread: thread)
    }

    /// Closes all connections.
    public func close() async {
        await clients.close()
        await thread.close()
    }

    /// Where to work with it, so that nobody who is waited for has to wait for that.
    public var executor: any TaskExecutor { thread }

    /// See ``WebhookCourier/attempt(_:_:as:at:)``.
    public func attempt(
        _ webhook: Webhook,
        _ send: WebhookSend,
        as id: DeliveryID,
        at now: Timestamp
    ) async -> DeliveryAttempt? {
        let begin = ContinuousClock.now
        let request = webhook.definition.request(for: send)
        let name = Self.name(of: id, send, webhook)
        let outcome: Outcome
        do {
            outcome = try await withDeadline { outcomes in
                try await self.send(request, named: name, of: webhook, at: now, outcomes)
            }
        } catch {
            if Task.isCancelled { return nil }
            outcome = Outcome(problem: Self.words(error, timeout))
        }
        let duration = (ContinuousClock.now - begin).components
        let attempt = DeliveryAttempt(
            at: now,
            duration: Int(duration.seconds * 1000 + duration.attoseconds / 1_000_000_000_000_000),
            status: outcome.status,
            problem: outcome.problem,
            answer: outcome.answer,
            retryAfter: outcome.retryAfter
        )
        attempts.tally.withLock { $0.add(attempt) }
        return attempt
    }

    /// See ``WebhookCourier/tally``.
    public var tally: AttemptTally { attempts.tally.withLock { $0 } }

    private final class Attempts: Sendable {
        let tally = Mutex(AttemptTally())
    }

    private struct Outcome: Sendable {
        var status: Int?
        var problem: String?
        var answer: [UInt8] = []
        var retryAfter: Int?
    }

    /// Calls off what takes longer than a receiver has.
    private func withDeadline(
        _ body: @escaping @Sendable (Outcomes) async throws -> Outcome
    ) async throws -> Outcome {
        let outcomes = Outcomes()
        let work = Task(executorPreference: thread) {
            defer { outcomes.isOver.store(true, ordering: .relaxed) }
            return try await body(outcomes)
        }
        // The loop's own timers: those of `Task.sleep` cost other threads several times as much.
        let alarm = thread.loop.scheduleTask(in: .init(timeout)) { [thread] in
            // Where the machine is busy, this thread may have waited: what came in time is looked at first.
            thread.loop.scheduleTask(in: .milliseconds(50)) {
                // Who waits for the work may not have had its turn yet.
                if outcomes.isOver.load(ordering: .relaxed) { return }
                outcomes.isLate.store(true, ordering: .relaxed)
                work.cancel()
            }
        }
        defer { alarm.cancel() }
        let result = await withTaskCancellationHandler {
            await work.result
        } onCancel: {
            work.cancel()
        }
        guard outcomes.isLate.load(ordering: .relaxed) else { return try result.get() }
        // A status counts, whatever becomes of the body behind it.
        guard var outcome = outcomes.known.withLock({ $0 }) else { throw Late() }
        let late = "the answer's body did not end within \(timeout.components.seconds) seconds"
        outcome.problem = outcome.problem ?? late
        return outcome
    }

    /// What is known of an answer whose body has not ended, and whether its time is over.
    private final class Outcomes: Sendable {
        let known = Mutex<Outcome?>(nil)
        let isOver = Atomic(false)
        let isLate = Atomic(false)
    }

    /// The time is over.
    private struct Late: Error {}
    /// The host is where webhooks may not go.
    private struct Forbidden: Error {}

    private func send(
        _ request: WebhookRequest,
        named name: String,
        of webhook: Webhook,
        at now: Timestamp,
        _ outcomes: Outcomes
    ) async throws -> Outcome {
        // The host letter by letter as the client reads it, or it would ask for its address again.
        guard var host = URL(string: request.url)?.host else { throw LookupFailure(reason: "the URL has none") }
        if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
        let addresses = try await lookup.addresses(of: host, for: webhook.organisation)
        if addresses.contains(where: { !rules.allows($0, for: host) }) { throw Forbidden() }

        var message = HTTPClientRequest(url: request.url)
        message.method = request.method == .post ? .POST : .GET
        message.headers = Self.headers(request, named: name, of: webhook, at: now)
        if request.method == .post { message.body = .bytes(ByteBuffer(bytes: request.body)) }
        // The address that was checked is the one that is connected to: nobody is asked for it again.
        let tried = addresses.prefix(Self.mostAddresses)
        for (place, address) in tried.enumerated() {
            let isLast = place + 1 == tried.count
            do {
                return try await clients.withClient(for: host, at: address, isOneOfSeveral: !isLast) {
                    [message] client in
                    try await exchange(message, by: client, at: now, outcomes)
                }
            } catch let error where !isLast && Self.isUnconnected(error) {
                // Nothing was sent: the next address of the host may do.
            }
        }
        throw LookupFailure(reason: "no address")
    }

    /// Whether there was no connection, so that nothing can have been sent.
    private static func isUnconnected(_ error: any Error) -> Bool {
        switch error {
        case is NIOConnectionError: true
        case let error as IOError: !isBrokenOff(error)
        case let error as HTTPClientError: [.connectTimeout, .getConnectionFromPoolTimeout].contains(error)
        case ChannelError.connectTimeout: true
        default: false
        }
    }

    /// Whether a connection that was there has ended.
    private static func isBrokenOff(_ error: IOError) -> Bool {
        [ECONNRESET, EPIPE].contains(error.errnoCode)
    }

    /// How many of a host's addresses are tried.
    private static let mostAddresses = 4

    private func exchange(
        _ message: HTTPClientRequest,
        by client: HTTPClient,
        at now: Timestamp,
        _ outcomes: Outcomes
    ) async throws -> Outcome {
        let answer = try await client.execute(message, timeout: .init(timeout))
        var outcome = Outcome(status: Int(answer.status.code))
        outcome.retryAfter = answer.headers.first(name: "retry-after").flatMap { RetryAfter.seconds($0, at: now) }
        if (300..<400).contains(answer.status.code) {
            outcome.problem = "the receiver redirects, which is not followed"
        }
        outcomes.known.withLock { [outcome] in $0 = outcome }
        await Self.readBeginning(of: answer.body) { part in outcomes.known.withLock { $0?.answer += part } }
        return outcomes.known.withLock { $0 } ?? outcome
    }

    private static func headers(
        _ request: WebhookRequest,
        named name: String,
        of webhook: Webhook,
        at now: Timestamp
    ) -> HTTPHeaders {
        let seconds = now.milliseconds / 1000
        var headers = HTTPHeaders(request.headers)
        headers.add(name: "User-Agent", value: "sendlog/\(ServiceVersion.current)")
        if !request.body.isEmpty { headers.add(name: "Content-Type", value: "application/json") }
        headers.add(name: "Idempotency-Key", value: name)
        headers.add(name: "webhook-id", value: name)
        headers.add(name: "webhook-timestamp", value: "\(seconds)")
        headers.add(
            name: "webhook-signature",
            value: WebhookSignature.header(
                id: name,
                timestamp: seconds,
                body: request.body,
                secrets: webhook.secrets,
                at: now
            )
        )
        return headers
    }

    /// What an attempt is called: the same each time, and never the same for another send, were it in its place after a restore.
    private static func name(of id: DeliveryID, _ send: WebhookSend, _ webhook: Webhook) -> String {
        let test = id.test.map { "_t\($0)" } ?? ""
        return "msg_\(webhook.id.text)_\(send.id?.text ?? "")\(test)"
    }

    /// How much of an answer is read, so that its connection can be used again.
    private static let mostRead = 65_536

    /// Hands on the first bytes of an answer; the status was said already, whatever becomes of the rest.
    private static func readBeginning(of body: HTTPClientResponse.Body, _ take: ([UInt8]) -> Void) async {
        var (kept, read) = (0, 0)
        do {
            for try await part in body {
                read += part.readableBytes
                let beginning = Array(part.readableBytesView.prefix(DeliveryAttempt.mostAnswer - kept))
                kept += beginning.count
                take(beginning)
                if read > mostRead { break }
            }
        } catch {
            return
        }
    }

    /// Why there was no answer.
    private static func words(_ error: any Error, _ timeout: Duration) -> String {
        let seconds = timeout.components.seconds
        switch error {
        case is Late: return "no answer within \(seconds) seconds"
        case is Forbidden:
            // Which address is not for everybody to know.
            return "the host's address is not a public one; operators allow others with webhooks.allow"
        case let error as LookupFailure: return "the host is not found: \(error.reason)"
        case let error as HTTPClientError:
            switch error {
            case .connectTimeout, .deadlineExceeded, .readTimeout: return "no answer within \(seconds) seconds"
            case .remoteConnectionClosed: return "the receiver closed the connection before it answered"
            default: return "the request failed: \(error.shortDescription)"
            }
        case let error as NIOConnectionError:
            return "cannot connect: \(error.connectionErrors.first.map { reason($0.error) } ?? "no reason given")"
        case let error as IOError where isBrokenOff(error):
            return "the receiver broke the connection off before it answered"
        case let error as IOError: return "cannot connect: \(reason(error))"
        case is HTTPParserError: return "the receiver does not speak HTTP"
        default: return tlsWords(of: "\(error)") ?? "the request failed: \(error)"
        }
    }

    /// Why there is no TLS, of an error that tells in BoringSSL's words, and where in its source it was.
    private static func tlsWords(of text: String) -> String? {
        guard text.contains("SSL") else { return nil }
        if text.contains("CERTIFICATE_VERIFY_FAILED") || text.contains("ailedToValidateHostname") {
            return "the receiver's certificate does not hold: it must be of this host, valid, and of a known issuer"
        }
        if text.contains("WRONG_VERSION_NUMBER") || text.contains("HTTP_REQUEST") {
            return "the receiver does not speak TLS; perhaps http:// is meant"
        }
        let reason = text.firstMatch(of: #/OPENSSL_internal:([A-Z0-9_]+)/#)?.1
        return "TLS fails: \(reason?.lowercased().replacing("_", with: " ") ?? "no reason given")"
    }

    private static func reason(_ error: any Error) -> String {
        guard let error = error as? IOError else { return "\(error)" }
        return String(cString: strerror(error.errnoCode))
    }
}
