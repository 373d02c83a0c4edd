public import SendLogCore

/// The shares of organisations in a limited resource, such as threads, slots or bytes, so that none takes all of it.
public struct FairShares: Sendable {
    /// The total number of units.
    public let capacity: Int
    private let reserve: Reserve
    private var used: [OrganisationID: Int] = [:]
    /// The number of units in use.
    public private(set) var total = 0

    /// The part that stays free for another organisation.
    public enum Reserve: Sendable {
        /// A whole share: each of `n` organisations may use `1 / (n + 1)` of the capacity.
        case share
        /// One unit: each of `n` organisations may use `1 / n` of the rest.
        case unit
        /// Reserves no capacity; for short work, where taking turns is enough.
        case nothing
    }

    /// Creates shares of a capacity, in units.
    public init(capacity: Int, reserve: Reserve = .share) {
        (self.capacity, self.reserve) = (capacity, reserve)
    }

    /// Returns the number of units that an organisation uses.
    public func used(by organisation: OrganisationID) -> Int { used[organisation] ?? 0 }

    /// Returns whether an organisation may use another unit.
    public func hasRoom(for organisation: OrganisationID) -> Bool {
        guard total < capacity else { return false }
        let own = used(by: organisation)
        let organisations = used.count + (own == 0 ? 1 : 0)
        let share =
            switch reserve {
            case .share: capacity / (organisations + 1)
            case .unit: (capacity - 1) / organisations
            case .nothing: capacity
            }
        return own < max(1, share)
    }

    /// Acquires units for an organisation, without checking its share.
    public mutating func acquire(_ amount: Int = 1, for organisation: OrganisationID) {
        guard amount > 0 else { return }
        used[organisation, default: 0] += amount
        total += amount
    }

    /// Releases units that an organisation acquired.
    public mutating func release(_ amount: Int = 1, for organisation: OrganisationID) {
        guard amount > 0 else { return }
        let left = used(by: organisation) - amount
        used[organisation] = left > 0 ? left : nil
        total -= amount
    }
}

extension OrganisationID {
    /// The server's own work, and requests without an API key; they have a share like an organisation.
    public static let server = OrganisationID(0)
}
