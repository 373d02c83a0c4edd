import CLibPQ
import SendLogCore

/// The result of a statement: its rows in PostgreSQL's binary format.
// Unchecked Sendable: both properties are constant, and nothing here calls a function that changes a result. libpq says
// that results "are normally read-only after creation, and so can be passed around freely between threads"
// (https://www.postgresql.org/docs/current/libpq-threading.html). `deinit` runs once, after the last reference is gone.
final class Rows: @unchecked Sendable {
    private let result: OpaquePointer
    /// The number of rows in the result.
    let count: Int

    init(_ result: OpaquePointer) {
        self.result = result
        count = Int(PQntuples(result))
    }

    deinit {
        PQclear(result)
    }

    /// The number of rows that the statement wrote.
    var affectedRows: Int { Int(String(cString: PQcmdTuples(result))) ?? 0 }

    /// The command tag, such as `COMMIT`; `ROLLBACK` if the statement was the COMMIT of a failed transaction.
    var commandTag: String { String(cString: PQcmdStatus(result)) }

    func isNull(_ row: Int, _ column: Int) -> Bool { PQgetisnull(result, Int32(row), Int32(column)) == 1 }

    /// Returns a `bigint` or an `integer`; 0 for NULL.
    func integer(_ row: Int, _ column: Int) -> Int64 {
        let bytes = rawBytes(row, column)
        switch bytes.count {
        case 8: return Int64(bigEndian: bytes.loadUnaligned(as: Int64.self))
        case 4: return Int64(Int32(bigEndian: bytes.loadUnaligned(as: Int32.self)))
        default: return 0
        }
    }

    func optionalInteger(_ row: Int, _ column: Int) -> Int64? {
        isNull(row, column) ? nil : integer(row, column)
    }

    /// See ``StoredNumber/count(_:)``.
    func count(_ row: Int, _ column: Int) throws(StoreError) -> Int { try StoredNumber.count(integer(row, column)) }

    func boolean(_ row: Int, _ column: Int) -> Bool { rawBytes(row, column).first == 1 }

    /// Returns a value's bytes in the result; the pointer is valid while this object exists.
    func rawBytes(_ row: Int, _ column: Int) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(
            start: PQgetvalue(result, Int32(row), Int32(column)),
            count: Int(PQgetlength(result, Int32(row), Int32(column)))
        )
    }

    func bytes(_ row: Int, _ column: Int) -> [UInt8] { Array(rawBytes(row, column)) }

    func text(_ row: Int, _ column: Int) -> String { String(decoding: rawBytes(row, column), as: UTF8.self) }
}
