import SendLogCore
import TestSupport
import Testing

@testable import SendLogContent

struct DestinationChunkTests {
    private static let texts: [[UInt8]] = [
        Array(#""27821234567""#.utf8), Array(#""1","2""#.utf8), Array(",\"é😀\"".utf8),
        Array(repeating: UInt8(ascii: "9"), count: 4096), Array(repeating: UInt8(ascii: "9"), count: 4097),
        numbers(300),
        numbers(8192), noise(131_072 + 1300),
    ]

    @Test(arguments: texts) func `a chunk decompresses to its text`(text: [UInt8]) {
        let chunk = DestinationChunk(text: text, count: 1)
        #expect(chunk.text() == text)
        #expect(chunk.verifiedText() != nil)
        #expect(chunk.length == text.count)
        #expect(chunk.crc == Deflate.crc(text))
    }

    @Test func `checksums are CRC-32`() {
        // The published check value of CRC-32.
        #expect(Deflate.crc(Array("123456789".utf8)) == 0xcbf4_3926)
        #expect(Deflate.crc([]) == 0)
    }

    @Test(arguments: texts) func `joined chunks are one stream that zlib reads`(text: [UInt8]) throws {
        let other = Self.numbers(50)
        let (one, two) = (DestinationChunk(text: text, count: 1), DestinationChunk(text: other, count: 50))
        let joined = one.body + two.body + one.body
        let length = text.count * 2 + other.count
        let chunk = DestinationChunk(count: 1, length: length, crc: 0, body: joined)
        #expect(chunk.text() == text + other + text)
    }

    @Test func `joined chunks are a gzip file that gzip decompresses`() throws {
        // Many numbers, addresses, and few numbers have three encodings; the text between exceeds a stored block.
        let between = Array(repeating: UInt8(ascii: "x"), count: 150_000)
        let texts = [
            Self.numbers(3000), Array(#","a@example.org""#.utf8) + Self.noise(9000), Array(#","1","22""#.utf8),
        ]
        var (writer, file, whole) = (GzipMemberWriter(), GzipMemberWriter.header, [UInt8]())
        for text in texts {
            let chunk = DestinationChunk(text: text, count: 1)
            file += writer.stored(between)
            chunk.body.withUnsafeBytes {
                writer.append(BorrowedChunk(count: 1, length: chunk.length, crc: chunk.crc, body: $0))
            }
            file += chunk.body
            whole += between + text
        }
        file += writer.stored([]) + writer.trailer
        let folder = try TemporaryFolder()
        try folder.write(file, to: "list.gz")
        let process = try ChildProcess("gzip", ["-d", folder.file("list.gz")])
        #expect(try process.wait() == .code(0), "\(process.errors)")
        #expect(try folder.bytes("list") == whole)
    }

    @Test func `any flipped bit is detected`() {
        for text in [Array(#""27821234567","27821234568""#.utf8), Self.numbers(300)] {
            let chunk = DestinationChunk(text: text, count: 1)
            // The last five bytes are the flush after the text, not part of it.
            for index in chunk.body.indices.dropLast(5) {
                for bit in 0..<8 {
                    var body = chunk.body
                    body[index] ^= 1 << bit
                    let flipped = DestinationChunk(count: 1, length: chunk.length, crc: chunk.crc, body: body)
                    #expect(flipped.verifiedText() == nil || flipped.text() == text, "bit \(bit) of byte \(index)")
                }
            }
        }
    }

    @Test func `a truncated, empty or foreign body is detected`() {
        let chunk = DestinationChunk(text: Self.numbers(300), count: 300)
        for length in [0, 1, 10, chunk.body.count / 2] {
            let cut = DestinationChunk(
                count: 300,
                length: chunk.length,
                crc: chunk.crc,
                body: Array(chunk.body.prefix(length))
            )
            #expect(cut.text() == nil)
            #expect(cut.verifiedText() == nil)
        }
        let longer = DestinationChunk(count: 300, length: chunk.length + 1, crc: chunk.crc, body: chunk.body)
        #expect(longer.text() == nil)
        let shorter = DestinationChunk(count: 300, length: chunk.length - 1, crc: chunk.crc, body: chunk.body)
        #expect(shorter.verifiedText() == nil)
        let wrongSum = DestinationChunk(count: 300, length: chunk.length, crc: chunk.crc ^ 1, body: chunk.body)
        #expect(wrongSum.verifiedText() == nil)
        let foreign = DestinationChunk(count: 1, length: 5, crc: 0, body: Array("hello".utf8))
        #expect(foreign.verifiedText() == nil)
    }

    @Test func `a body that is invalid within a longer stream is damaged, even if its text is readable`() {
        let stored = DestinationChunk(text: Array("\"27821234567\"".utf8), count: 1)
        for position in [3, 4] {
            var body = stored.body
            body[position] ^= 0xff
            Self.expectDamaged(body, stored)
        }
        for text in [Self.numbers(300), Self.noise(5000)] {
            let chunk = DestinationChunk(text: text, count: 300)
            #expect(chunk.verifiedText() == text)
            // Garbage after the end of the block, with and without its own end; half an end; a final block.
            Self.expectDamaged(chunk.body + [0x55], chunk)
            Self.expectDamaged(Array(chunk.body.dropLast(4)) + [0x55, 0, 0, 0xff, 0xff], chunk)
            Self.expectDamaged(Array(chunk.body.dropLast(2)), chunk)
            Self.expectDamaged(chunk.body + [1, 0, 0, 0xff, 0xff], chunk)
        }
    }

    private static func expectDamaged(_ body: [UInt8], _ chunk: DestinationChunk) {
        let damaged = DestinationChunk(count: chunk.count, length: chunk.length, crc: chunk.crc, body: body)
        #expect(damaged.text() == nil && damaged.verifiedText() == nil, "\(body.suffix(8))")
    }

    @Test func `chunks are compressed and decompressed concurrently`() async {
        await withTaskGroup(of: Bool.self) { group in
            for task in 0..<32 {
                group.addTask {
                    let text = Self.numbers(task * 40 + 1)
                    return (0..<20).allSatisfy { _ in DestinationChunk(text: text, count: 1).text() == text }
                }
            }
            for await isSame in group { #expect(isSame) }
        }
    }

    static func numbers(_ count: Int) -> [UInt8] {
        var random = SplitMix64(seed: UInt64(count))
        let numbers = (0..<count).map { _ in "\"27\(Int.random(in: 600_000_000...899_999_999, using: &random))\"" }
        return Array(numbers.joined(separator: ",").utf8)
    }

    /// Returns bytes that cannot be compressed.
    private static func noise(_ count: Int) -> [UInt8] {
        var random = SplitMix64(seed: 23)
        return (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
    }

    @Test(arguments: [-1, 0, 1 << 20 + 1, 1 << 32, .max]) func `an impossible length is refused`(length: Int) {
        let chunk = DestinationChunk(text: Array("\"1\"".utf8), count: 1)
        let damaged = DestinationChunk(count: 1, length: length, crc: chunk.crc, body: chunk.body)
        #expect(damaged.text() == nil)
        #expect(damaged.verifiedText() == nil)
    }
}
