import Foundation
import TestSupport
import Testing

@testable import SendLogContent

/// Gzip data of clients: as any program writes it, damaged, or hostile.
struct GzipInflaterTests {
    private static let text = Array(
        (0..<400).map { "{\"_id\":\"send-\($0)\",\"message\":\"môre 🎉 \($0 * 37)\"}\n" }.joined().utf8
    )
    private static let file = GzipMemberWriter.compressed(text)
    private static let small = GzipMemberWriter.compressed(Array("{\"_id\":\"a\"}".utf8))

    /// Inflates a file that arrives in pieces, into outputs of the given size.
    private static func inflated(_ pieces: [ArraySlice<UInt8>], room: Int = 65_536) throws -> [UInt8] {
        let inflater = GzipInflater()
        var text: [UInt8] = []
        for piece in pieces {
            var rest = Array(piece)
            while !rest.isEmpty || inflater.hasMoreOutput {
                var read = 0
                text += try [UInt8](unsafeUninitializedCapacity: room) { output, written in
                    (read, written) = try rest.withUnsafeBufferPointer { input throws(GzipError) in
                        try inflater.inflate(input, into: UnsafeMutableRawBufferPointer(output))
                    }
                }
                rest.removeFirst(read)
            }
        }
        try inflater.finish()
        return text
    }

    private static func inflated(_ file: [UInt8]) throws -> [UInt8] { try inflated([file[...]]) }

    @Test(arguments: [1, 2, 7, 1000, 65_536])
    func `a file has the same text in pieces of any size, and in outputs of any size`(size: Int) throws {
        let whole = Self.file + Self.small + GzipMemberWriter.compressed([]) + Self.file
        let pieces = stride(from: 0, to: whole.count, by: size).map { whole[$0..<min($0 + size, whole.count)] }
        let expected = Self.text + Array("{\"_id\":\"a\"}".utf8) + Self.text
        for room in [1, 3, 100, 65_536] {
            #expect(try Self.inflated(pieces, room: room) == expected)
            #expect(try Self.inflated([whole[...]], room: room) == expected)
        }
    }

    @Test func `a file of the gzip program with its name is inflated`() throws {
        let folder = try TemporaryFolder()
        try folder.write(Self.text, to: "logs.ndjson")
        let process = try ChildProcess("gzip", ["-9", "-N", folder.file("logs.ndjson")])
        #expect(try process.wait() == .code(0), "\(process.errors)")
        #expect(try Self.inflated(try folder.bytes("logs.ndjson.gz")) == Self.text)
    }

    @Test func `no data is no text, and every truncation is refused`() throws {
        #expect(try Self.inflated([]) == [])
        for length in 1..<Self.small.count {
            let error = try #require(throws: GzipError.self) { try Self.inflated(Array(Self.small.prefix(length))) }
            #expect(error.message == "is not valid gzip: it ends too early", "\(length) bytes")
        }
        for length in 1..<Self.file.count {
            #expect(throws: GzipError.self) { try Self.inflated(Array(Self.file.prefix(length))) }
        }
    }

    @Test func `a damaged byte is refused, or changes nothing`() throws {
        let text = Array("{\"_id\":\"a\"}".utf8)
        for index in Self.small.indices {
            for bit in 0..<8 {
                var file = Self.small
                file[index] ^= 1 << bit
                let result = Result { try Self.inflated(file) }
                switch result {
                case .success(let inflated): #expect(inflated == text, "bit \(bit) of byte \(index)")
                case .failure(let error): #expect(error is GzipError)
                }
            }
        }
    }

    @Test func `the checksum and the length at the end are checked`() throws {
        for (offset, problem) in [(8, "incorrect data check"), (4, "incorrect length check")] {
            var file = Self.file
            file[file.count - offset] ^= 1
            let error = try #require(throws: GzipError.self) { try Self.inflated(file) }
            #expect(error.message == "is not valid gzip: \(problem)")
        }
    }

    /// Returns a file with flags and optional fields in its header (<https://www.rfc-editor.org/rfc/rfc1952#page-5>).
    private static func file(flags: UInt8, damagesHeader: Bool = false) -> [UInt8] {
        var header: [UInt8] = [0x1f, 0x8b, 8, flags, 1, 2, 3, 4, 0, 3]
        if flags & 4 != 0 { header += [5, 0, 0x41, 0x42, 1, 0, 0xff] }
        if flags & 8 != 0 { header += Array("logs.ndjson".utf8) + [0] }
        if flags & 16 != 0 { header += Array("a comment".utf8) + [0] }
        if flags & 2 != 0 {
            let crc = Deflate.crc(header) ^ (damagesHeader ? 1 : 0)
            header += [UInt8(crc & 0xff), UInt8(crc >> 8 & 0xff)]
        }
        return header + small.dropFirst(GzipMemberWriter.header.count)
    }

    @Test func `all optional fields of the header are accepted, and its checksum is checked`() throws {
        for flags in UInt8(0)..<32 {
            #expect(try Self.inflated(Self.file(flags: flags)) == Array("{\"_id\":\"a\"}".utf8), "flags \(flags)")
            let file = Self.file(flags: flags)
            for length in 1..<file.count {
                #expect(throws: GzipError.self) { try Self.inflated(Array(file.prefix(length))) }
            }
        }
        let error = try #require(throws: GzipError.self) {
            try Self.inflated(Self.file(flags: 2 | 8, damagesHeader: true))
        }
        #expect(error.message == "is not valid gzip: header crc mismatch")
    }

    @Test(
        arguments: [
            ([0x1f, 0x8b, 8, 32, 0, 0, 0, 0, 0, 3], "unknown header flags set"),
            ([0x1f, 0x8b, 7, 0, 0, 0, 0, 0, 0, 3], "unknown compression method"),
            ([0x78, 0x9c, 0x03, 0, 0, 0, 0, 1], "incorrect header check"),
            (Array("{\"_id\":\"a\"}".utf8), "incorrect header check"),
            ([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 0x07], "invalid block type"),
        ] as [([UInt8], String)]
    )
    func `other formats are refused`(file: [UInt8], problem: String) throws {
        let error = try #require(throws: GzipError.self) { try Self.inflated(file) }
        #expect(error.message == "is not valid gzip: \(problem)")
    }

    @Test(arguments: ["\n", "more", "\u{0}\u{0}\u{0}", "{\"_id\":\"b\"}\n", "\n\n"])
    func `data after the end is refused`(more: String) throws {
        let file = Self.small + Array(more.utf8)
        for pieces in [[file[...]], file.indices.map { file[$0...$0] }] {
            let error = try #require(throws: GzipError.self) { try Self.inflated(pieces) }
            #expect(error.message == "is not valid gzip: more data follows its end")
        }
    }

    @Test func `a bomb is inflated in outputs of the given size`() throws {
        let length = 32 << 20
        let bomb = GzipMemberWriter.compressed([UInt8](repeating: 0x20, count: length))
        #expect(bomb.count < length / 500)
        let (inflater, room) = (GzipInflater(), UnsafeMutableRawBufferPointer.allocate(byteCount: 65_536, alignment: 1))
        defer { room.deallocate() }
        var (rest, written, calls) = (bomb[...], 0, 0)
        while !rest.isEmpty || inflater.hasMoreOutput {
            let done = try rest.withUnsafeBufferPointer { input throws(GzipError) in
                try inflater.inflate(input, into: room)
            }
            rest = rest.dropFirst(done.read)
            written += done.written
            calls += 1
            #expect(done.written <= room.count)
        }
        try inflater.finish()
        #expect(written == length)
        #expect(calls >= length / room.count)
    }

    @Test func `many empty members, and long fields of a header, end`() throws {
        let empty = Array(repeatElement(GzipMemberWriter.compressed([]), count: 10_000).joined())
        #expect(try Self.inflated(empty) == [])
        let name = [UInt8](repeating: 0x61, count: 1 << 20)
        #expect(throws: GzipError.self) { try Self.inflated([0x1f, 0x8b, 8, 8, 0, 0, 0, 0, 0, 3] + name) }
    }

    @Test(.timeLimit(.minutes(60))) func `damaged files mean the same in any pieces`() {
        var mutator = Mutator(
            seed: TestSeed.printed(#function, defaultSeed: 18),
            tokens: ["\u{1f}", "\u{0}\u{0}\u{3}"]
        )
        var inflated = 0
        for number in 0..<3000 {
            let file = mutator.next(of: [Self.small, Self.small + Self.small, Self.file(flags: 31)])
            let whole = try? Self.inflated(file)
            let cut = try? Self.inflated(mutator.pieces(of: file), room: 1 + number % 50)
            #expect(whole == cut, "case \(number)")
            if whole != nil { inflated += 1 }
        }
        #expect(inflated > 0)
    }
}
