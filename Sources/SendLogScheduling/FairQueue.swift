import DequeModule
public import SendLogCore

/// A queue that serves organisations in turn, and the elements of each organisation in order.
public struct FairQueue<Element> {
    private var queues: [OrganisationID: Deque<Element>] = [:]
    /// The organisations that have elements, in the order of their turns.
    private var turns: Deque<OrganisationID> = []
    /// The number of elements.
    public private(set) var count = 0

    /// Creates an empty queue.
    public init() {}

    /// Whether the queue has no elements.
    public var isEmpty: Bool { count == 0 }

    /// Appends an element to the queue of an organisation.
    public mutating func append(_ element: Element, for organisation: OrganisationID) {
        if queues[organisation]?.append(element) == nil {
            queues[organisation] = [element]
            turns.append(organisation)
        }
        count += 1
    }

    /// Removes and returns the first element of the next organisation.
    ///
    /// - Parameter mayTake: returns whether an organisation may have its turn now; if not, it keeps its turn
    /// - Returns: the element; `nil` if no organisation with elements may have its turn.
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

    /// Removes and returns an element that is the first one of its organisation and satisfies a condition.
    public mutating func removeFirst(where isRemoved: (Element) -> Bool) -> Element? {
        let turn = turns.firstIndex { queues[$0]?.first.map(isRemoved) ?? false }
        guard let turn, let element = queues[turns[turn]]?.popFirst() else { return nil }
        if queues[turns[turn]]?.isEmpty == true { queues[turns.remove(at: turn)] = nil }
        count -= 1
        return element
    }

    /// The first element of the organisation whose turn is next.
    public var first: Element? { turns.first.flatMap { queues[$0]?.first } }

    /// Returns the first element of an organisation.
    public func first(of organisation: OrganisationID) -> Element? { queues[organisation]?.first }

    /// Returns the number of elements of an organisation.
    public func count(of organisation: OrganisationID) -> Int { queues[organisation]?.count ?? 0 }

    /// Returns whether any organisation with elements may have its turn.
    public func hasNext(where mayTake: (OrganisationID) -> Bool) -> Bool { turns.contains(where: mayTake) }

    /// Removes and returns all elements, those of each organisation in order.
    public mutating func removeAll() -> [Element] {
        defer { self = FairQueue() }
        return turns.flatMap { queues[$0] ?? [] }
    }
}
