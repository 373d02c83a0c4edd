/// The numbers of distinct recipients of two audiences.
package struct AudienceCounts: Equatable, Sendable {
    /// The number of recipients that both audiences have.
    package private(set) var both = 0
    /// The number of recipients that only the first audience has.
    package private(set) var onlyA = 0
    /// The number of recipients that only the second audience has.
    package private(set) var onlyB = 0

    /// The parts of two audiences.
    enum Part {
        case both
        case onlyA
        case onlyB
    }

    /// Creates the numbers of empty audiences.
    package init(both: Int = 0, onlyA: Int = 0, onlyB: Int = 0) {
        (self.both, self.onlyA, self.onlyB) = (both, onlyA, onlyB)
    }

    /// The number of recipients of the first audience.
    package var a: Int { both + onlyA }
    /// The number of recipients of the second audience.
    package var b: Int { both + onlyB }

    mutating func add(_ part: Part) {
        switch part {
        case .both: both += 1
        case .onlyA: onlyA += 1
        case .onlyB: onlyB += 1
        }
    }

    /// Returns the number of recipients in a list.
    package func count(of list: AudienceList) -> Int {
        switch list {
        case .a: a
        case .b: b
        case .both: both
        case .onlyA: onlyA
        case .onlyB: onlyB
        }
    }
}

/// A list that a comparison can have.
package enum AudienceList: String, CaseIterable, Sendable {
    /// All recipients of the first audience.
    case a
    /// All recipients of the other audience.
    case b
    /// The recipients that both audiences have.
    case both
    /// The recipients that only the first audience has.
    case onlyA = "only_a"
    /// The recipients that only the second audience has.
    case onlyB = "only_b"

    /// Returns whether a part of the audiences is in the list.
    func contains(_ part: AudienceCounts.Part) -> Bool {
        switch self {
        case .a: part != .onlyB
        case .b: part != .onlyA
        case .both: part == .both
        case .onlyA: part == .onlyA
        case .onlyB: part == .onlyB
        }
    }
}
