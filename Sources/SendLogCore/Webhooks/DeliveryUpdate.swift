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
        case replay(ReplayRange.Kind, Timestamp)
    }

    /// Creates an update that adds an attempt.
    public init(_ delivery: Delivery, _ attempt: DeliveryAttempt, _ kind: Delivery.AttemptKind) {
        (self.delivery, change) = (delivery, .attempt(attempt, kind))
    }

    /// Creates an update that replaces the stored delivery, if any.
    public init(replacing delivery: Delivery) {
        (self.delivery, change) = (delivery, .replacement)
    }

    /// Creates an update that makes a delivery due at a time, with a new retry schedule; it keeps its attempts.
    ///
    /// A replay of failed deliveries leaves one that is not failed any more as it is.
    public init(replaying delivery: Delivery, _ kind: ReplayRange.Kind, at time: Timestamp) {
        (self.delivery, change) = (delivery, .replay(kind, time))
    }

    /// The delivery after the update, if the stored one has not changed since it was read.
    public var result: Delivery { applied(to: delivery) }

    /// Returns a delivery after the update.
    ///
    /// An attempt that the delivery already has is not added again: a store may repeat a transaction whose connection
    /// broke after the commit.
    public func applied(to current: Delivery) -> Delivery {
        switch change {
        case .replacement: return delivery
        case .replay(.failed, _) where current.state != .failed: return current
        case .replay(_, let time):
            var changed = current
            (changed.state, changed.nextTry, changed.tries) = (.waiting, time, 0)
            return changed
        case .attempt(let attempt, let kind): return Self.adding(attempt, kind, to: current)
        }
    }

    private static func adding(
        _ attempt: DeliveryAttempt,
        _ kind: Delivery.AttemptKind,
        to current: Delivery
    ) -> Delivery {
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
        Set(updates.filter { if case .replacement = $0.change { false } else { true } }.map(\.delivery.id))
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
            let change = isOwner ? update : update.withoutLease(isStored: stored[id] != nil)
            guard let change else { continue }
            changed[id] = change.applied(to: changed[id] ?? update.delivery)
            if seen.insert(id).inserted { order.append(id) }
        }
        return order.compactMap { changed[$0] }
    }

    /// Returns the update of a worker that lost its lease: an attempt that was made counts, all else may not change a
    /// stored delivery; `nil` for no change.
    private func withoutLease(isStored: Bool) -> DeliveryUpdate? {
        switch change {
        case .replay: nil
        case _ where !isStored: self
        case .replacement, .attempt(_, .abandoned): nil
        case .attempt(let attempt, _): DeliveryUpdate(delivery, attempt, .manual)
        }
    }
}
