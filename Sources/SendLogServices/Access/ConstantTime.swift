/// Compares secrets in a time that does not depend on where they differ.
package enum ConstantTime {
    /// Returns whether two values are equal.
    package static func areEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        guard left.count == right.count else { return false }
        return zip(left, right).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }
}
