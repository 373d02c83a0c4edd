import DequeModule
public import SendLogCore

/// A queue in which organisations take turns: an organisation's elements stay in their order, and wait for no other organisation's.
///
/// Decided without I/O, clocks or chance.
public struct FairQueue<Element> {
    private var queues: [OrganisationID: Deque<Element>] = [:]
    /// The organisations that have elements here, the one whose turn is next first.
    private var turns: Deque<OrganisationID> = []
    /// How many elements wait.
    public private(set) var count = 0

    /// Makes an empty queue.
    public init() {}

    /// Whether nothing waits.
    public var isEmpty: Bool { count == 0 }

    /// Adds an element behind the organisation's others.
    public mutating func append(_ element: Element, for organisation: OrganisationID) {
        if queues[organisation]?.append(element) == nil {
            queues[organisation] = [element]
            turns.append(organisation)
        }
        count += 1
    }

    /// Takes the first element of the organisation whose turn it is.
    ///
    /// - Parameter mayTake: whether an organisation may have its turn now; one that may not keeps it
    /// - Returns: the element, or `nil` if no organisation that has one may.
    public mutating func next(
        where mayTake: (OrganisationID) -> Bool = { _ in true }
    ) -> (organisation: OrganisationID, element: Element)? {
        guard let turn = turns.firstIndex(where: mayTake) else { return nil }
        let organisation = turns.remove(at: turn)
        guard let element = queues[organisation]?.popFirst() else { return nil }
        if queues[organisation]?.isEmpty == false {
            turns.append(organisation)
        } else {
            queues[organisation] = nil
        }
        count -= 1
        return (organisation, element)
    }

    /// The first element of the organisation whose turn is next.
    public var first: Element? { turns.first.flatMap { queues[$0]?.first } }

    /// Whether an organisation that has an element may have its turn.
    public func hasNext(where mayTake: (OrganisationID) -> Bool) -> Bool { turns.contains(where: mayTake) }

    /// Takes all elements, an organisation's in their order.
    public mutating func removeAll() -> [Element] {
        defer { self = FairQueue() }
        return turns.flatMap { queues[$0] ?? [] }
    }
}
