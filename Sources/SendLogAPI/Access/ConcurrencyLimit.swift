import SendLogCore
import Synchronization

/// The limits of concurrent requests that hold memory for as long as their clients take, in total and per organisation.
public struct ConcurrencyLimits: Equatable, Sendable {
    /// The maximum number of streamed responses.
    public var streams: (total: Int, perOrganisation: Int) = (1000, 100)
    /// The maximum number of imports, and of send logs that are too long to be read at once.
    public var uploads: (total: Int, perOrganisation: Int) = (128, 32)

    /// Creates the default limits.
    public init() {}

    /// Returns whether two values are equal.
    public static func == (left: ConcurrencyLimits, right: ConcurrencyLimits) -> Bool {
        left.streams == right.streams && left.uploads == right.uploads
    }
}

/// Limits the concurrent requests of one kind, per organisation and in total.
///
/// Each request may hold memory or a connection for as long as a client or a receiver takes.
final class ConcurrencyLimit: Sendable {
    /// The kind of request, as error messages name it, such as `tests and redeliveries of webhooks`.
    private let what: String
    private let perOrganisation: Int
    private let total: Int
    private let counts = Mutex<(all: Int, organisations: [OrganisationID: Int])>((0, [:]))

    init(of what: String, _ limits: (total: Int, perOrganisation: Int)) {
        self.what = what
        (total, perOrganisation) = limits
    }

    /// Runs a closure within the limit.
    ///
    /// - Returns: the result of `body`.
    /// - Throws: ``APIError``: 429 if the organisation's limit is reached, 503 if the total limit is reached; the error
    ///   of `body`.
    func run<Result>(for organisation: OrganisationID, _ body: () async throws -> Result) async throws -> Result {
        try take(for: organisation)
        defer { release(for: organisation) }
        return try await body()
    }

    /// Takes an amount of the limit; ``release(_:for:)`` must follow.
    ///
    /// - Throws: ``APIError``: 429 if the organisation's limit is reached, 503 if the total limit is reached.
    func take(_ amount: Int = 1, for organisation: OrganisationID) throws(APIError) {
        let failure: APIError? = counts.withLock { counts in
            let own = counts.organisations[organisation] ?? 0
            // An amount that exceeds the limit alone is admitted if nothing else is in progress.
            if own > 0, own + amount > perOrganisation { return .concurrencyLimitReached(what, limit: perOrganisation) }
            if counts.all > 0, counts.all + amount > total {
                return .unavailable("the server is overloaded", detail: "\(total) \(what) at the same time")
            }
            counts.organisations[organisation] = own + amount
            counts.all += amount
            return nil
        }
        if let failure { throw failure }
    }

    /// Returns an amount to the limit.
    func release(_ amount: Int = 1, for organisation: OrganisationID) {
        counts.withLock { counts in
            let own = (counts.organisations[organisation] ?? 0) - amount
            counts.organisations[organisation] = own > 0 ? own : nil
            counts.all -= amount
        }
    }
}
