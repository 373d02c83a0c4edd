import SendLogCore

extension [ClosedRange<SequenceNumber>] {
    /// Returns whether one of the ranges, which are in ascending order, contains a sequence number.
    func contain(_ sequence: Int64) -> Bool {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if self[middle].upperBound.number < sequence { low = middle + 1 } else { high = middle }
        }
        return low < count && self[low].lowerBound.number <= sequence
    }
}
