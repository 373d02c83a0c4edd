/// Which segments to merge: eight neighbours of the same level become one of the next level.
public enum RecipientMergePlan {
    /// The number of segments that are merged into one.
    static let width = 8
    /// The greatest number of pairs of a merged segment.
    static let maxPairs = 1 << 27

    /// Chooses the segments to merge next.
    ///
    /// - Parameter segments: all segments in the order of their ranges
    /// - Returns: the segments, in their order; none if there is nothing to merge.
    public static func next(_ segments: [RecipientSegment]) -> ArraySlice<RecipientSegment> {
        guard segments.count >= width else { return [] }
        // New segments come at the end, so the last ones are the smallest.
        for begin in stride(from: segments.count - width, through: 0, by: -1) {
            let neighbours = segments[begin..<begin + width]
            let pairs = neighbours.reduce(0) { sum, segment in
                let (sum, isTooLarge) = sum.addingReportingOverflow(segment.pairs)
                return isTooLarge ? .max : sum
            }
            if pairs <= maxPairs, neighbours.allSatisfy({ $0.level == segments[begin].level }) { return neighbours }
        }
        return []
    }
}
