import SendLogCore

/// How many slots each organisation may have, so that one organisation's slow receivers or name servers do not take all.
///
/// With `n` organisations at work each may have a part of `n + 1`: room is left for one that comes later.
struct FairShares {
    /// How many slots there are.
    let capacity: Int
    private var used: [OrganisationID: Int] = [:]
    /// How many slots are taken.
    private(set) var total = 0

    init(capacity: Int) { self.capacity = capacity }

    /// How many slots an organisation has.
    func used(by organisation: OrganisationID) -> Int { used[organisation] ?? 0 }

    /// Whether an organisation may have another slot.
    func hasRoom(for organisation: OrganisationID) -> Bool {
        guard total < capacity else { return false }
        let own = used(by: organisation)
        let organisations = used.count + (own == 0 ? 1 : 0)
        return own < max(1, capacity / (organisations + 1))
    }

    /// Gives a slot to an organisation.
    mutating func take(for organisation: OrganisationID) {
        used[organisation, default: 0] += 1
        total += 1
    }

    /// Takes a slot back.
    mutating func release(for organisation: OrganisationID) {
        let left = used(by: organisation) - 1
        used[organisation] = left > 0 ? left : nil
        total -= 1
    }
}
