/// A change of a delivery, which a store applies to the stored delivery in one transaction.
///
/// A worker and a user may attempt the same delivery at the same time; both attempts are kept.
public struct DeliveryUpdate: Sendable {
    /// The delivery as it was read before the attempt.
    public let delivery: Delivery
    private let change: Change

    private enum Change {
        case attempt(DeliveryAttempt, Delivery.AttemptKind)
        case replacement
    }

    /// Creates an update that adds an attempt.
    public init(_ delivery: Delivery, _ attempt: DeliveryAttempt, _ kind: Delivery.AttemptKind) {
        (self.delivery, change) = (delivery, .attempt(attempt, kind))
    }

    /// Creates an update that replaces the stored delivery, if any.
    public init(replacing delivery: Delivery) {
        (self.delivery, change) = (delivery, .replacement)
    }

    /// The delivery after the update, if the stored one has not changed since it was read.
    public var result: Delivery { applied(to: delivery) }

    /// Returns a delivery after the update.
    ///
    /// An attempt that the delivery already has is not added again: a store may repeat a transaction whose connection
    /// broke after the commit.
    public func applied(to current: Delivery) -> Delivery {
        guard case .attempt(let attempt, let kind) = change else { return delivery }
        let isPresent = current.attempts.contains {
            ($0.at, $0.duration, $0.status, $0.problem)
                == (attempt.at, attempt.duration, attempt.status, attempt.problem)
        }
        if isPresent { return current }
        var changed = current
        changed.apply(attempt, kind)
        return changed
    }

    /// Returns the IDs of the deliveries that must be read before the updates can be applied.
    public static func idsToRead(_ updates: [DeliveryUpdate]) -> Set<DeliveryID> {
        Set(updates.filter { if case .attempt = $0.change { true } else { false } }.map(\.delivery.id))
    }

    /// Applies updates in their order.
    ///
    /// - Parameters:
    ///   - updates: the updates, of which several may be of the same delivery
    ///   - current: the stored deliveries of ``idsToRead(_:)``, without those that do not exist
    ///   - isOwner: whether the reporting worker has the lease; if not, an attempt is added to a stored delivery without
    ///     changing its schedule
    /// - Returns: the deliveries to store, each once.
    public static func apply(_ updates: [DeliveryUpdate], to current: [Delivery], isOwner: Bool = true) -> [Delivery] {
        let stored = Dictionary(current.map { ($0.id, $0) }) { $1 }
        var (changed, order, seen) = (stored, [DeliveryID](), Set<DeliveryID>())
        for update in updates {
            let id = update.delivery.id
            guard let change = isOwner || stored[id] == nil ? update : update.withoutSchedule else { continue }
            changed[id] = change.applied(to: changed[id] ?? update.delivery)
            if seen.insert(id).inserted { order.append(id) }
        }
        return order.compactMap { changed[$0] }
    }

    /// The update of a worker that lost its lease; `nil` if it made no attempt.
    private var withoutSchedule: DeliveryUpdate? {
        guard case .attempt(let attempt, let kind) = change else { return nil }
        if case .abandoned = kind { return nil }
        return DeliveryUpdate(delivery, attempt, .manual)
    }
}
