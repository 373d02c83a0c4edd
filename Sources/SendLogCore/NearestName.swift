/// A spelling suggestion for unknown names.
public enum NearestName {
    /// Returns the known name that is closest to `name`; `nil` if none is close enough for a likely typing error.
    ///
    /// Case, `_`, `-`, `.` and `$` are ignored: `campaignId` is nearest to `campaign_id`, `gte` to `$gte`. Up to a
    /// third of the letters may be wrong, missing, added or swapped.
    public static func to(_ name: String, among known: [String]) -> String? {
        // A long name is not a typing error of a short one; the limit bounds the work that a hostile name can cause.
        let requested = letters(String(name.unicodeScalars.prefix(64)))
        var nearest: (name: String, distance: Int)?
        for name in known {
            let letters = letters(name)
            let distance = distance(requested, letters)
            // At least one letter must match; otherwise every letter would be close to a name of one letter.
            let isLikely = distance <= max(1, letters.count / 3) && distance < max(requested.count, letters.count)
            if isLikely, distance < nearest?.distance ?? .max {
                nearest = (name, distance)
            }
        }
        return nearest?.name
    }

    private static func letters(_ name: String) -> [Unicode.Scalar] {
        name.lowercased().unicodeScalars.filter { !"_-.$".unicodeScalars.contains($0) }
    }

    /// Returns the edit distance of two words, in which a swap of neighbours is one edit (optimal string alignment).
    private static func distance(_ left: [Unicode.Scalar], _ right: [Unicode.Scalar]) -> Int {
        if left.isEmpty || right.isEmpty { return max(left.count, right.count) }
        var before = [Int](repeating: 0, count: right.count + 1)
        var previous = Array(0...right.count)
        for row in 1...left.count {
            var current = [row] + [Int](repeating: 0, count: right.count)
            for column in 1...right.count {
                let same = left[row - 1] == right[column - 1]
                let replaced = previous[column - 1] + (same ? 0 : 1)
                current[column] = min(previous[column] + 1, current[column - 1] + 1, replaced)
                if row > 1, column > 1, left[row - 1] == right[column - 2], left[row - 2] == right[column - 1] {
                    current[column] = min(current[column], before[column - 2] + 1)
                }
            }
            (before, previous) = (previous, current)
        }
        return previous[right.count]
    }
}
