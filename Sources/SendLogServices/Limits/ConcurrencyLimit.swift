package import SendLogCore
import Synchronization

/// Limits the concurrent requests of one kind, per organisation and in total.
///
/// Each request may hold memory or a connection for as long as a client or a receiver takes.
package final class ConcurrencyLimit: Sendable {
    /// The kind of request, as error messages name it, such as `tests and redeliveries of webhooks`.
    private let kind: String
    private let perOrganisation: Int
    private let total: Int
    private let counts = Mutex<(all: Int, organisations: [OrganisationID: Int])>((0, [:]))

    package init(of kind: String, _ limits: (total: Int, perOrganisation: Int)) {
        self.kind = kind
        (total, perOrganisation) = limits
    }

    /// Runs a closure within the limit.
    ///
    /// - Returns: the result of `body`.
    /// - Throws: ``ServiceError/concurrencyLimitReached(kind:limit:)``; ``ServiceError/overloaded(kind:limit:)``; the
    ///   error of `body`.
    package func run<Result>(for organisation: OrganisationID, _ body: () async throws -> Result) async throws -> Result
    {
        try acquire(for: organisation)
        defer { release(for: organisation) }
        return try await body()
    }

    /// Acquires an amount of the limit until the last reference to the slot is gone.
    ///
    /// - Throws: see ``acquire(_:for:)``.
    package func slot(_ amount: Int = 1, for organisation: OrganisationID) throws(ServiceError) -> ConcurrencySlot {
        try acquire(amount, for: organisation)
        return ConcurrencySlot(self, amount, organisation)
    }

    /// Acquires an amount of the limit; ``release(_:for:)`` must follow.
    ///
    /// - Throws: ``ServiceError/concurrencyLimitReached(kind:limit:)``; ``ServiceError/overloaded(kind:limit:)``.
    package func acquire(_ amount: Int = 1, for organisation: OrganisationID) throws(ServiceError) {
        let failure: ServiceError? = counts.withLock { counts in
            let own = counts.organisations[organisation] ?? 0
            // An amount that exceeds the limit alone is admitted if nothing else is in progress.
            if own > 0, own + amount > perOrganisation {
                return .concurrencyLimitReached(kind: kind, limit: perOrganisation)
            }
            if counts.all > 0, counts.all + amount > total { return .overloaded(kind: kind, limit: total) }
            counts.organisations[organisation] = own + amount
            counts.all += amount
            return nil
        }
        if let failure { throw failure }
    }

    /// Returns an amount to the limit.
    package func release(_ amount: Int = 1, for organisation: OrganisationID) {
        counts.withLock { counts in
            let own = (counts.organisations[organisation] ?? 0) - amount
            counts.organisations[organisation] = own > 0 ? own : nil
            counts.all -= amount
        }
    }
}

/// An amount of a limit that is released with the last reference to it, such as that of a response.
package final class ConcurrencySlot: Sendable {
    private let limit: ConcurrencyLimit
    private let amount: Int
    private let organisation: OrganisationID

    /// Takes over an amount that was acquired.
    init(_ limit: ConcurrencyLimit, _ amount: Int, _ organisation: OrganisationID) {
        (self.limit, self.amount, self.organisation) = (limit, amount, organisation)
    }

    deinit { limit.release(amount, for: organisation) }
}
