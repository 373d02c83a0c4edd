/// The rule for names of organisations, campaigns and webhooks.
extension String {
    /// Returns whether the string is valid as a name: not empty, not too long, no control characters, no white space at
    /// either end.
    func isName(maxLength: Int) -> Bool {
        let scalars = unicodeScalars
        guard (1...maxLength).contains(scalars.count), let first = scalars.first, let last = scalars.last else {
            return false
        }
        return !first.properties.isWhitespace && !last.properties.isWhitespace
            && !scalars.contains { $0.properties.generalCategory == .control }
    }
}
