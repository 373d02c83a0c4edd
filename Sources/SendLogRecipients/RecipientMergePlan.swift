/// Which segments to merge: eight neighbours of the same level become one of the next level.
public enum RecipientMergePlan {
    /// The number of segments that are merged into one.
    static let width = 8
    /// The greatest number of pairs of a merged segment.
    static let maxPairs = 1 << 27

    /// Chooses the segments to merge next: of the last neighbours of the same level the first ones.
    ///
    /// New segments come at the end, so the last ones are the smallest. Levels thus never rise from one segment to the next,
    /// and those of a level stay neighbours: there are at most seven of each below ``maxPairs`` when nothing is to be merged.
    ///
    /// - Parameter segments: all segments in the order of their ranges
    /// - Returns: the segments, in their order; none if there is nothing to merge.
    public static func next(_ segments: [RecipientSegment]) -> ArraySlice<RecipientSegment> {
        var rest = segments[...]
        while let level = rest.last?.level {
            let run = rest.suffix(while: { $0.level == level })
            rest = rest.dropLast(run.count)
            guard run.count >= width else { continue }
            for begin in run.startIndex...run.endIndex - width where pairs(of: run[begin..<begin + width]) <= maxPairs {
                return run[begin..<begin + width]
            }
        }
        return []
    }

    private static func pairs(of segments: ArraySlice<RecipientSegment>) -> Int {
        segments.reduce(0) { sum, segment in
            let (sum, isTooLarge) = sum.addingReportingOverflow(segment.pairs)
            return isTooLarge ? .max : sum
        }
    }
}

extension ArraySlice {
    /// Returns the last elements that all meet a condition.
    fileprivate func suffix(while condition: (Element) -> Bool) -> ArraySlice {
        self[(lastIndex { !condition($0) }.map { $0 + 1 } ?? startIndex)...]
    }
}
