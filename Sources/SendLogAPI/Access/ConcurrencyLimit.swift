import SendLogCore
import Synchronization

/// How many requests of a kind are worked on at the same time, by organisation and in total.
///
/// Each of them may hold memory or a connection for as long as somebody else takes.
final class ConcurrencyLimit: Sendable {
    /// What is limited, in words for people, such as `tests and redeliveries of webhooks`.
    private let what: String
    private let perOrganisation: Int
    private let total: Int
    private let counts = Mutex<(all: Int, organisations: [OrganisationID: Int])>((0, [:]))

    init(of what: String, perOrganisation: Int, total: Int) {
        self.what = what
        self.perOrganisation = perOrganisation
        self.total = total
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

    /// Begins a piece of work; ``release(for:)`` must follow.
    ///
    /// - Throws: ``APIError``, 429 if the organisation has as many under way as it may, 503 if all have.
    func take(for organisation: OrganisationID) throws(APIError) {
        let failure: APIError? = counts.withLock { counts in
            let own = counts.organisations[organisation] ?? 0
            if own >= perOrganisation { return .tooManyAtOnce(what, limit: perOrganisation) }
            if counts.all >= total {
                return .unavailable("the server is overloaded", detail: "\(total) \(what) at the same time")
            }
            counts.organisations[organisation] = own + 1
            counts.all += 1
            return nil
        }
        if let failure { throw failure }
    }

    /// Ends a piece of work.
    func release(for organisation: OrganisationID) {
        counts.withLock { counts in
            let own = (counts.organisations[organisation] ?? 0) - 1
            counts.organisations[organisation] = own > 0 ? own : nil
            counts.all -= 1
        }
    }
}
