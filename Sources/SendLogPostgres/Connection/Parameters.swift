/// The parameters of a statement in PostgreSQL's binary format.
///
/// Numbers are big-endian; see <https://www.postgresql.org/docs/current/protocol-overview.html#PROTOCOL-FORMAT-CODES>.
struct Parameters {
    /// The OIDs of types, which never change.
    ///
    /// See <https://github.com/postgres/postgres/blob/master/src/include/catalog/pg_type.dat>.
    private enum TypeID {
        static let boolean: UInt32 = 16
        static let bytes: UInt32 = 17
        static let bigint: UInt32 = 20
        static let integer: UInt32 = 23
        static let text: UInt32 = 25
    }

    /// The OIDs of array types.
    private enum ArrayTypeID {
        static let bytes: UInt32 = 1001
        static let integer: UInt32 = 1007
        static let text: UInt32 = 1009
        static let bigint: UInt32 = 1016
    }

    private var bytes: [UInt8] = []
    /// The range of each value in `bytes`; `nil` for NULL.
    private var spans: [Range<Int>?] = []
    /// The OID of each parameter's type.
    private(set) var types: [UInt32] = []

    mutating func add(_ value: some BinaryInteger) {
        add(TypeID.bigint) { $0.appendBigEndian(Int64(value)) }
    }

    mutating func add(_ value: Int64?) {
        guard let value else {
            spans.append(nil)
            types.append(TypeID.bigint)
            return
        }
        add(TypeID.bigint) { $0.appendBigEndian(value) }
    }

    mutating func add(integer value: Int) {
        add(TypeID.integer) { $0.appendBigEndian(Int32(clamping: value)) }
    }

    mutating func add(_ value: Bool) {
        add(TypeID.boolean) { $0.append(value ? 1 : 0) }
    }

    mutating func add(_ text: String) {
        add(TypeID.text) { $0.append(contentsOf: text.utf8) }
    }

    mutating func add(_ value: [UInt8]) {
        add(TypeID.bytes) { $0.append(contentsOf: value) }
    }

    mutating func add(bigints values: some Collection<Int64>) {
        addArray(values, ArrayTypeID.bigint, of: TypeID.bigint) { $0.appendBigEndian($1) }
    }

    mutating func add(integers values: some Collection<Int>) {
        addArray(values, ArrayTypeID.integer, of: TypeID.integer) { $0.appendBigEndian(Int32(clamping: $1)) }
    }

    mutating func add(texts values: some Collection<String>) {
        addArray(values, ArrayTypeID.text, of: TypeID.text) { $0.append(contentsOf: $1.utf8) }
    }

    mutating func add(byteStrings values: some Collection<[UInt8]>) {
        addArray(values, ArrayTypeID.bytes, of: TypeID.bytes) { $0.append(contentsOf: $1) }
    }

    private mutating func add(_ type: UInt32, _ write: (inout [UInt8]) -> Void) {
        let begin = bytes.count
        write(&bytes)
        spans.append(begin..<bytes.count)
        types.append(type)
    }

    /// Adds an array of one dimension with a lower bound of 1 and without NULLs.
    private mutating func addArray<Values: Collection>(
        _ values: Values,
        _ type: UInt32,
        of elementType: UInt32,
        _ write: (inout [UInt8], Values.Element) -> Void
    ) {
        add(type) { bytes in
            bytes.appendBigEndian(Int32(values.isEmpty ? 0 : 1))
            bytes.appendBigEndian(Int32(0))
            bytes.appendBigEndian(elementType)
            if values.isEmpty { return }
            bytes.appendBigEndian(Int32(clamping: values.count))
            bytes.appendBigEndian(Int32(1))
            for value in values {
                let length = bytes.count
                bytes.appendBigEndian(Int32(0))
                write(&bytes, value)
                bytes.putBigEndian(Int32(clamping: bytes.count - length - 4), at: length)
            }
        }
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

extension [UInt8] {
    mutating func appendBigEndian(_ value: some FixedWidthInteger) {
        Swift.withUnsafeBytes(of: value.bigEndian) { append(contentsOf: $0) }
    }

    fileprivate mutating func putBigEndian(_ value: some FixedWidthInteger, at start: Int) {
        Swift.withUnsafeBytes(of: value.bigEndian) { bytes in
            for (offset, byte) in bytes.enumerated() { self[start + offset] = byte }
        }
    }
}
