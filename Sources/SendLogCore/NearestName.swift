/// A spelling suggestion for unknown names.
public enum NearestName {
    /// Words that are one letter from a known name, but mean something else.
    private static let notTypos: Set = ["gt", "lt", "inactive"]

    /// Returns the known name that is closest to `name`; `nil` if none, or more than one, is a likely typing error.
    ///
    /// Case, `_`, `-`, `.` and `$` are ignored: `campaignId` is nearest to `campaign_id`, `gte` to `$gte`. Up to a
    /// third of the letters may be wrong, missing, added or swapped, in each word of a name of several words:
    /// `sendLog.delete` is not an error for `sendLog.create`, nor is `endDeliveryAt` for `startDeliveryAt`. Digits
    /// must be the same.
    public static func to(_ name: String, among known: [String]) -> String? {
        // A long name is not a typing error of a short one; the limit bounds the work that a hostile name can cause.
        let requested = words(String(name.unicodeScalars.prefix(64)))
        if requested.count == 1, notTypos.contains(text(requested[0])) { return nil }
        var nearest: (names: [String], distance: Int) = ([], .max)
        for name in known {
            guard let distance = distance(requested, words(name)), distance <= nearest.distance else { continue }
            nearest = (distance < nearest.distance ? [name] : nearest.names + [name], distance)
        }
        return nearest.names.count == 1 ? nearest.names[0] : nil
    }

    /// Returns the number of typing errors between two names; `nil` if they are not likely to be the same.
    private static func distance(_ requested: [[Unicode.Scalar]], _ known: [[Unicode.Scalar]]) -> Int? {
        guard requested.count == known.count else {
            // Words that are run together, or missing, leave less room for other errors.
            return errors(Array(requested.joined()), Array(known.joined()), oneIn: 5)
        }
        var sum = 0
        for (requested, known) in zip(requested, known) {
            guard let errors = errors(requested, known, oneIn: 3) else { return nil }
            sum += errors
        }
        return sum
    }

    private static func errors(_ requested: [Unicode.Scalar], _ known: [Unicode.Scalar], oneIn share: Int) -> Int? {
        let distance = editDistance(requested, known)
        // At least one letter must match; otherwise every letter would be close to a name of one letter.
        let isLikely = distance <= max(1, known.count / share) && distance < max(requested.count, known.count)
        return distance == 0 || isLikely && digits(requested) == digits(known) ? distance : nil
    }

    private static func digits(_ word: [Unicode.Scalar]) -> [Unicode.Scalar] {
        word.filter { ("0"..."9").contains($0) }
    }

    private static func text(_ word: [Unicode.Scalar]) -> String { String(String.UnicodeScalarView(word)) }

    /// Splits a name into its words in lower case, at punctuation and before the capitals of `camelCase`.
    private static func words(_ name: String) -> [[Unicode.Scalar]] {
        var words: [[Unicode.Scalar]] = [[]]
        var wasLowercase = false
        for scalar in name.unicodeScalars {
            let isSeparator = "_-.$".unicodeScalars.contains(scalar)
            if isSeparator || wasLowercase && scalar.properties.isUppercase { words.append([]) }
            wasLowercase = scalar.properties.isLowercase
            if !isSeparator { words[words.count - 1] += Array(scalar.properties.lowercaseMapping.unicodeScalars) }
        }
        return words.filter { !$0.isEmpty }
    }

    /// Returns the edit distance of two words, in which a swap of neighbours is one edit (optimal string alignment).
    private static func editDistance(_ left: [Unicode.Scalar], _ right: [Unicode.Scalar]) -> Int {
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
