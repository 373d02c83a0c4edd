/// The totals of a ``TotalsPlan`` while a store adds up what it reads.
public struct TotalsSums: Sendable {
    /// The plan.
    public let plan: TotalsPlan
    private var totals: [SendTotals]

    /// Creates sums of zero.
    public init(_ plan: TotalsPlan) {
        self.plan = plan
        totals = Array(repeating: SendTotals(), count: plan.periods.count)
    }

    /// Adds totals to a period.
    ///
    /// - Parameters:
    ///   - change: the totals, negative to subtract
    ///   - period: the index of the period; `nil` for none
    /// - Throws: ``StoreError/corrupted(detail:)`` if a sum is out of range.
    public mutating func add(_ change: SendTotals, to period: Int?) throws(StoreError) {
        guard let period, totals.indices.contains(period) else { return }
        try totals[period].add(change)
    }

    /// Adds the totals of logs that were read in a part of a day.
    ///
    /// - Parameters:
    ///   - read: the totals
    ///   - index: the index of the part
    /// - Throws: ``StoreError/corrupted(detail:)`` if a sum is out of range.
    public mutating func add(_ read: SendTotals, ofPart index: Int) throws(StoreError) {
        guard plan.parts.indices.contains(index) else { return }
        let part = plan.parts[index]
        try add(read, to: part.period)
        try add(read.negated, to: part.subtractedFrom)
    }

    /// Returns the totals of the periods.
    ///
    /// - Throws: ``StoreError/corrupted(detail:)`` if the counters contradict the logs.
    public func result() throws(StoreError) -> [SendTotals] {
        for total in totals {
            guard total.sends >= 0, total.destinations >= 0 else {
                throw .corrupted(detail: "the counters do not match the send logs")
            }
        }
        return totals
    }
}
