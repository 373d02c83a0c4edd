public import SendLogCore

/// How much of something limited each organisation may have, so that one cannot take all: threads, slots, bytes.
///
/// Decided without I/O, clocks or chance.
public struct FairShares: Sendable {
    /// How much there is.
    public let capacity: Int
    private let reserve: Reserve
    private var used: [OrganisationID: Int] = [:]
    /// How much is taken.
    public private(set) var total = 0

    /// What is kept free for an organisation that comes later.
    public enum Reserve: Sendable {
        /// A whole share: with `n` organisations each may have a part of `n + 1`.
        case share
        /// One unit: with `n` organisations each may have an `n`th of the others.
        case unit
        /// Nothing: organisations only take turns. For what takes a moment.
        case nothing
    }

    /// Divides a capacity.
    public init(capacity: Int, reserve: Reserve = .share) {
        (self.capacity, self.reserve) = (capacity, reserve)
    }

    /// How much an organisation has.
    public func used(by organisation: OrganisationID) -> Int { used[organisation] ?? 0 }

    /// Whether an organisation may have more.
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

    /// Gives an organisation some, one unit unless said otherwise.
    public mutating func take(_ amount: Int = 1, for organisation: OrganisationID) {
        guard amount > 0 else { return }
        used[organisation, default: 0] += amount
        total += amount
    }

    /// Takes back as much as was given.
    public mutating func release(_ amount: Int = 1, for organisation: OrganisationID) {
        guard amount > 0 else { return }
        let left = used(by: organisation) - amount
        used[organisation] = left > 0 ? left : nil
        total -= amount
    }
}

extension OrganisationID {
    /// Stands for the server's own work, and for requests without a key: it has its turns like an organisation.
    public static let server = OrganisationID(0)
}
