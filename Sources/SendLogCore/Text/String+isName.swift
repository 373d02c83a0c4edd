/// The rule for names of organisations, campaigns and webhooks.
extension String {
    /// Returns whether it has 1 to `maxLength` characters, without control characters or white space at its ends.
    func isName(maxLength: Int) -> Bool {
        let scalars = unicodeScalars
        guard (1...maxLength).contains(scalars.count), let first = scalars.first, let last = scalars.last else {
            return false
        }
        return !first.properties.isWhitespace && !last.properties.isWhitespace
            && !scalars.contains { $0.properties.generalCategory == .control }
    }
}
