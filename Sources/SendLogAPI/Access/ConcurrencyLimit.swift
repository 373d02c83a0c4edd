import SendLogCore
import Synchronization

/// How much clients may have under way at the same time that holds memory for as long as they take, in all and of one organisation.
public struct ConcurrencyLimits: Equatable, Sendable {
    /// Streamed responses.
    public var streams: (total: Int, perOrganisation: Int) = (1000, 100)
    /// Imports, and send logs that are too long to be read at once.
    public var uploads: (total: Int, perOrganisation: Int) = (128, 32)

    /// The default limits.
    public init() {}

    /// Whether two are the same.
    public static func == (left: ConcurrencyLimits, right: ConcurrencyLimits) -> Bool {
        left.streams == right.streams && left.uploads == right.uploads
    }
}

/// How many requests of a kind are worked on at the same time, by organisation and in total.
///
/// Each of them may hold memory or a connection for as long as somebody else takes.
final class ConcurrencyLimit: Sendable {
    /// What is limited, in words for people, such as `tests and redeliveries of webhooks`.
    private let what: String
    private let perOrganisation: Int
    private let total: Int
    private let counts = Mutex<(all: Int, organisations: [OrganisationID: Int])>((0, [:]))

    init(of what: String, _ limits: (total: Int, perOrganisation: Int)) {
        self.what = what
        (total, perOrganisation) = limits
    }

    /// Does work for an organisation.
    ///
    /// - Returns: what `body` returns.
    /// - Throws: ``APIError``, 429 if the organisation has as many under way as it may, 503 if all have; what `body` throws.
    func run<Result>(for organisation: OrganisationID, _ body: () async throws -> Result) async throws -> Result {
        try take(for: organisation)
        defer { release(for: organisation) }
        return try await body()
    }

    /// Begins a piece of work, which counts as one or more; ``release(_:for:)`` must follow.
    ///
    /// - Throws: ``APIError``, 429 if the organisation has as many under way as it may, 503 if all have.
    func take(_ amount: Int = 1, for organisation: OrganisationID) throws(APIError) {
        let failure: APIError? = counts.withLock { counts in
            let own = counts.organisations[organisation] ?? 0
            // What is more than all by itself is let through alone.
            if own > 0, own + amount > perOrganisation { return .tooManyAtOnce(what, limit: perOrganisation) }
            if counts.all > 0, counts.all + amount > total {
                return .unavailable("the server is overloaded", detail: "\(total) \(what) at the same time")
            }
            counts.organisations[organisation] = own + amount
            counts.all += amount
            return nil
        }
        if let failure { throw failure }
    }

    /// Ends a piece of work.
    func release(_ amount: Int = 1, for organisation: OrganisationID) {
        counts.withLock { counts in
            let own = (counts.organisations[organisation] ?? 0) - amount
            counts.organisations[organisation] = own > 0 ? own : nil
            counts.all -= amount
        }
    }
}
