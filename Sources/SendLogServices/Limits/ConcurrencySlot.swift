import SendLogCore

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
