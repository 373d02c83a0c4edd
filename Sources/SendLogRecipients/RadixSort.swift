/// Sorts values by integer keys, digit by digit from the last (<https://doi.org/10.1145/356643.356645>).
enum RadixSort {
    /// The bits of a digit.
    static let digitBits: UInt64 = 11

    /// Sorts values by one digit of their keys; values with the same digit keep their order.
    ///
    /// - Parameters:
    ///   - values: the values
    ///   - other: memory for as many values, whose content has no meaning
    ///   - shift: the bits of the key below the digit
    ///   - key: the key of a value
    @inline(__always)
    static func sort<Value>(
        _ values: inout [Value],
        _ other: inout [Value],
        byDigitAt shift: UInt64,
        of key: (Value) -> UInt64
    ) {
        var starts = [Int](repeating: 0, count: 1 << Int(digitBits))
        let mask: UInt64 = 1 << digitBits - 1
        for value in values { starts[Int(key(value) >> shift & mask)] += 1 }
        // All values have the same digit, as numbers of one country have.
        if starts.contains(values.count) { return }
        if other.count != values.count { other = values }
        var sum = 0
        for index in starts.indices { (starts[index], sum) = (sum, sum + starts[index]) }
        for value in values {
            let index = Int(key(value) >> shift & mask)
            other[starts[index]] = value
            starts[index] += 1
        }
        swap(&values, &other)
    }
}
