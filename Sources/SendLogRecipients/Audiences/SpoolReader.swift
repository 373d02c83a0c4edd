import SendLogContent
import SendLogCore

/// Reads a part of a spool file from its beginning to its end, some kilobytes at a time.
struct SpoolReader: Sendable {
    private let file: SpoolFile
    private let length: Int
    /// The part that was not read from the file yet.
    private var rest: Range<Int>
    private var bytes: [UInt8] = []
    private var offset = 0

    /// Creates a reader of a part of a file, which reads `length` bytes at a time.
    init(_ file: SpoolFile, _ part: Range<Int>, length: Int) { (self.file, rest, self.length) = (file, part, length) }

    private static let damaged = StoreError.unavailable(.spoolFolder, detail: "a file in the spool folder is damaged")

    /// Whether all bytes were read.
    var isAtEnd: Bool { offset == bytes.count && rest.isEmpty }

    private mutating func byte() throws(StoreError) -> UInt8 {
        if offset == bytes.count {
            if rest.isEmpty { throw Self.damaged }
            let count = min(length, rest.count)
            bytes = try file.read(count, at: rest.lowerBound)
            (rest, offset) = (rest.dropFirst(count), 0)
        }
        offset += 1
        return bytes[offset - 1]
    }

    /// Reads a number that ``Swift/Array/appendVarint(_:)`` wrote.
    mutating func varint() throws(StoreError) -> UInt64 {
        var (value, shift): (UInt64, UInt64) = (0, 0)
        while true {
            let byte = try byte()
            value |= UInt64(byte & 0x7f) << shift
            if byte < 0x80 { return value }
            shift += 7
            if shift > 63 { throw Self.damaged }
        }
    }

    /// Reads so many bytes as UTF-8.
    mutating func text(_ count: UInt64) throws(StoreError) -> String {
        var text: [UInt8] = []
        for _ in 0..<count { text.append(try byte()) }
        return String(decoding: text, as: UTF8.self)
    }
}

extension [UInt8] {
    /// Appends a number with seven bits in each byte, the lowest first
    /// (<https://protobuf.dev/programming-guides/encoding/#varints>).
    mutating func appendVarint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        append(UInt8(truncatingIfNeeded: rest))
    }
}
