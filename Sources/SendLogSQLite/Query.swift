import GRDB
import GRDBSQLite
import SendLogCore

/// One execution of a prepared statement from the connection's cache.
///
/// Each `bind` sets the next parameter.
struct Query: ~Copyable {
    private let pointer: OpaquePointer
    private var bound: Int32 = 0

    /// Creates an execution of a statement with constant SQL.
    init(_ sql: StaticString, on connection: Connection) throws {
        pointer = try connection.statement(sql)
    }

    /// Creates an execution of a statement with SQL that is composed at run time.
    init(dynamicSQL sql: String, on connection: Connection) throws {
        pointer = try connection.statement(dynamicSQL: sql)
    }

    deinit {
        sqlite3_reset(pointer)
        if bound > 0 { sqlite3_clear_bindings(pointer) }
    }

    // `SQLITE_TRANSIENT`, which makes SQLite copy the value; Swift cannot import the macro.
    private static let transient = unsafeBitCast(-1, to: sqlite3_destructor_type.self)

    /// Binds the next parameter.
    ///
    /// The compiler does not specialise a parameter pack with one value.
    mutating func bind(_ value: some BindableValue) throws { try value.bind(to: &self) }

    /// Binds the next parameters.
    mutating func bind<each Value: BindableValue>(_ values: repeat each Value) throws {
        repeat try (each values).bind(to: &self)
    }

    mutating func bind(integer value: Int64?) throws {
        bound += 1
        if let value { try check(sqlite3_bind_int64(pointer, bound, value)) }
    }

    mutating func bind(text: String) throws {
        bound += 1
        let index = bound
        var text = text
        let status = text.withUTF8 { bytes in
            bytes.withMemoryRebound(to: CChar.self) {
                sqlite3_bind_text(pointer, index, $0.baseAddress, Int32($0.count), Self.transient)
            }
        }
        try check(status)
    }

    mutating func bind(bytes: UnsafeRawBufferPointer) throws {
        bound += 1
        let status =
            bytes.isEmpty
            ? sqlite3_bind_zeroblob(pointer, bound, 0)
            : sqlite3_bind_blob64(pointer, bound, bytes.baseAddress, UInt64(bytes.count), Self.transient)
        try check(status)
    }

    /// Moves to the next row, and returns false after the last one.
    func step() throws -> Bool {
        switch sqlite3_step(pointer) {
        case SQLITE_ROW: return true
        case SQLITE_DONE: return false
        case let code:
            let message = String(cString: sqlite3_errmsg(sqlite3_db_handle(pointer)))
            throw DatabaseError(resultCode: ResultCode(rawValue: code), message: message)
        }
    }

    /// Binds the next parameters, and runs a statement that returns no rows.
    consuming func run<each Value: BindableValue>(_ values: repeat each Value) throws {
        try bind(repeat each values)
        while try step() {}
    }

    func integer(_ column: Int32) -> Int64 {
        sqlite3_column_int64(pointer, column)
    }

    /// See ``StoredNumber/count(_:)``.
    func count(_ column: Int32) throws(StoreError) -> Int { try StoredNumber.count(integer(column)) }

    func optionalInteger(_ column: Int32) -> Int64? {
        sqlite3_column_type(pointer, column) == SQLITE_NULL ? nil : integer(column)
    }

    func text(_ column: Int32) -> String {
        sqlite3_column_text(pointer, column).map { String(cString: $0) } ?? ""
    }

    func bytes(_ column: Int32) -> [UInt8] {
        Array(rawBytes(column))
    }

    /// Returns the bytes of a column, which are valid until the next step.
    func rawBytes(_ column: Int32) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(
            start: sqlite3_column_blob(pointer, column),
            count: Int(sqlite3_column_bytes(pointer, column))
        )
    }

    private func check(_ status: Int32) throws {
        guard status == SQLITE_OK else { throw DatabaseError(resultCode: ResultCode(rawValue: status)) }
    }
}

/// A value that can be bound to a parameter of a statement.
protocol BindableValue {
    func bind(to query: inout Query) throws
}

extension BindableValue where Self: BinaryInteger {
    func bind(to query: inout Query) throws { try query.bind(integer: Int64(self)) }
}

extension Int: BindableValue {}
extension Int64: BindableValue {}
extension UInt32: BindableValue {}

extension Int64?: BindableValue {
    func bind(to query: inout Query) throws { try query.bind(integer: self) }
}

extension String: BindableValue {
    func bind(to query: inout Query) throws { try query.bind(text: self) }
}

extension [UInt8]: BindableValue {
    func bind(to query: inout Query) throws { try withUnsafeBytes { try query.bind(bytes: $0) } }
}
