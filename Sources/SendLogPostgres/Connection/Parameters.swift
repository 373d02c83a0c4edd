/// The parameters of a statement in PostgreSQL's binary format.
///
/// Numbers are big-endian; see <https://www.postgresql.org/docs/current/protocol-overview.html#PROTOCOL-FORMAT-CODES>.
struct Parameters {
    private var bytes: [UInt8] = []
    /// The range of each value in `bytes`; `nil` for NULL.
    private var spans: [Range<Int>?] = []
    /// The OID of each parameter's type.
    private(set) var types: [UInt32] = []

    /// Creates the first parameters of a statement.
    init<each Value: ParameterValue>(_ values: repeat each Value) {
        add(repeat each values)
    }

    /// Adds the next parameters.
    mutating func add<each Value: ParameterValue>(_ values: repeat each Value) {
        func add(_ value: some ParameterValue) {
            let start = bytes.count
            types.append(type(of: value).typeIDs.ofValue)
            spans.append(value.write(to: &bytes) ? start..<bytes.count : nil)
        }
        repeat add(each values)
    }

    /// Calls a closure with the values in the form that libpq expects; the pointers are valid during the call only.
    func withPointers<Result>(
        _ body: (_ values: [UnsafePointer<CChar>?], _ lengths: [Int32], _ formats: [Int32]) -> Result
    ) -> Result {
        let lengths = spans.map { Int32(clamping: $0?.count ?? 0) }
        let formats = [Int32](repeating: 1, count: spans.count)
        return bytes.withUnsafeBytes { bytes in
            // An empty value is not NULL, but an empty buffer has no address.
            var empty: CChar = 0
            return withUnsafePointer(to: &empty) { nothing in
                let base = bytes.bindMemory(to: CChar.self).baseAddress ?? nothing
                return body(spans.map { $0.map { base + $0.lowerBound } }, lengths, formats)
            }
        }
    }
}

/// A value of a parameter: a `bigint`, an `integer`, a `boolean`, a `text`, a `bytea`, or an array without NULLs.
protocol ParameterValue {
    /// The OIDs of the value's type and of arrays of it, which never change.
    ///
    /// See <https://github.com/postgres/postgres/blob/master/src/include/catalog/pg_type.dat>.
    static var typeIDs: (ofValue: UInt32, ofArray: UInt32) { get }

    /// Appends the value; returns false for NULL.
    @discardableResult
    func write(to bytes: inout [UInt8]) -> Bool
}

extension ParameterValue where Self: FixedWidthInteger {
    func write(to bytes: inout [UInt8]) -> Bool {
        bytes.appendBigEndian(self)
        return true
    }
}

extension Int64: ParameterValue { static var typeIDs: (ofValue: UInt32, ofArray: UInt32) { (20, 1016) } }
extension Int: ParameterValue { static var typeIDs: (ofValue: UInt32, ofArray: UInt32) { Int64.typeIDs } }
extension Int32: ParameterValue { static var typeIDs: (ofValue: UInt32, ofArray: UInt32) { (23, 1007) } }

extension Int64?: ParameterValue {
    static var typeIDs: (ofValue: UInt32, ofArray: UInt32) { Int64.typeIDs }
    func write(to bytes: inout [UInt8]) -> Bool { self?.write(to: &bytes) ?? false }
}

extension Bool: ParameterValue {
    static var typeIDs: (ofValue: UInt32, ofArray: UInt32) { (16, 1000) }

    func write(to bytes: inout [UInt8]) -> Bool {
        bytes.append(self ? 1 : 0)
        return true
    }
}

extension String: ParameterValue {
    static var typeIDs: (ofValue: UInt32, ofArray: UInt32) { (25, 1009) }

    func write(to bytes: inout [UInt8]) -> Bool {
        bytes.append(contentsOf: utf8)
        return true
    }
}

/// A `bytea`.
struct ByteString: ParameterValue {
    let value: [UInt8]
    static var typeIDs: (ofValue: UInt32, ofArray: UInt32) { (17, 1001) }

    init(_ value: [UInt8]) { self.value = value }

    func write(to bytes: inout [UInt8]) -> Bool {
        bytes.append(contentsOf: value)
        return true
    }
}

/// An array of one dimension with a lower bound of 1.
extension Array: ParameterValue where Element: ParameterValue {
    static var typeIDs: (ofValue: UInt32, ofArray: UInt32) { (Element.typeIDs.ofArray, Element.typeIDs.ofArray) }

    func write(to bytes: inout [UInt8]) -> Bool {
        bytes.appendBigEndian(Int32(isEmpty ? 0 : 1))
        bytes.appendBigEndian(Int32(0))
        bytes.appendBigEndian(Element.typeIDs.ofValue)
        if isEmpty { return true }
        bytes.appendBigEndian(Int32(clamping: count))
        bytes.appendBigEndian(Int32(1))
        for value in self {
            let start = bytes.count
            bytes.appendBigEndian(Int32(0))
            value.write(to: &bytes)
            let length = Int32(clamping: bytes.count - start - 4)
            Swift.withUnsafeBytes(of: length.bigEndian) { bytes.replaceSubrange(start..<start + 4, with: $0) }
        }
        return true
    }
}

extension [UInt8] {
    fileprivate mutating func appendBigEndian(_ value: some FixedWidthInteger) {
        Swift.withUnsafeBytes(of: value.bigEndian) { append(contentsOf: $0) }
    }
}
