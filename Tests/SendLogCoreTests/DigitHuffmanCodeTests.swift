import SendLogCore
import TestSupport
import Testing

@testable import SendLogContent

/// The Huffman code for lists of numbers, which zlib reads as well.
struct DigitHuffmanCodeTests {
    /// A kind of list.
    enum Kind: CaseIterable {
        case oneCountry, manyCountries, inOrder, alike, ofAnyLength, international, long, short

        func numbers(_ count: Int, _ random: inout SplitMix64) -> [String] {
            func digits(_ count: Int) -> String {
                (0..<count).map { _ in String(Int.random(in: 0...9, using: &random)) }.joined()
            }
            return (0..<count).map { index in
                switch self {
                case .oneCountry: "2782" + digits(7)
                case .manyCountries: ["27", "44", "1", "353", "49"][Int.random(in: 0..<5, using: &random)] + digits(9)
                case .inOrder: String(27_820_000_000 + index * 3)
                case .alike: "2782123456" + String(index % 2)
                case .ofAnyLength: digits(Int.random(in: 1...21, using: &random))
                case .international: "+2782" + digits(7)
                case .long: digits(21)
                case .short: digits(Int.random(in: 1...6, using: &random))
                }
            }
        }
    }

    private static func text(_ numbers: [String], isFirst: Bool) -> [UInt8] {
        Array(((isFirst ? "" : ",") + numbers.map { "\"\($0)\"" }.joined(separator: ",")).utf8)
    }

    /// Decompresses a body without zlib, and checks that no byte is written outside the output buffer.
    private static func expand(_ body: [UInt8], length: Int) -> [UInt8]? {
        // The 32 bytes on each side show writes outside the output buffer.
        var buffer = [UInt8](repeating: 0xaa, count: length + 64)
        let isValid = body.withUnsafeBufferPointer { body in
            buffer.withUnsafeMutableBytes { buffer in
                DigitHuffmanCode.decompress(
                    body,
                    into: UnsafeMutableRawBufferPointer(rebasing: buffer[32..<32 + length])
                )
            }
        }
        #expect(buffer[..<32].allSatisfy { $0 == 0xaa } && buffer[(32 + length)...].allSatisfy { $0 == 0xaa })
        return isValid ? Array(buffer[32..<32 + length]) : nil
    }

    @Test(arguments: Kind.allCases) func `compressed text is read by the code and by zlib`(kind: Kind) throws {
        var random = SplitMix64(defaultSeed: 31)
        for count in Array(1...40) + [1000, 8192] {
            for isFirst in [true, false] {
                let text = Self.text(kind.numbers(count, &random), isFirst: isFirst)
                let body = try #require(DigitHuffmanCode.compress(text))
                #expect(body.withUnsafeBufferPointer { DigitHuffmanCode.hasHeader($0) })
                #expect(Self.expand(body, length: text.count) == text)
                // Two bodies in a row are not in this format, so zlib reads them.
                let twice = DestinationChunk(count: 1, length: 2 * text.count, crc: 0, body: body + body)
                #expect(twice.text() == text + text)
            }
        }
    }

    @Test(arguments: ["+", "+1", "1", "12345", "123456789012345678901", "+12345678901234567890"])
    func `the longest outputs fit into their buffers`(number: String) {
        let list = [String](repeating: number, count: 8192)
        for numbers in [list, list.enumerated().map { $0 % 2 == 0 ? $1 : "7" + $1.dropFirst() }] {
            let text = Self.text(numbers, isFirst: false)
            let body = DigitHuffmanCode.compress(text)
            #expect(body.map { Self.expand($0, length: text.count) == text } ?? (number == "+"))
            let chunk = DestinationChunk(text: text, count: 8192)
            #expect(chunk.verifiedText() == text)
        }
    }

    @Test func `a number of eleven digits takes less than 5.2 bytes`() throws {
        var random = SplitMix64(defaultSeed: 37)
        let prefixes = ["2760", "2771", "2772", "2773", "2778", "2782", "2783", "2784"]
        let numbers = (0..<8192).map { _ in
            let prefix = prefixes[Int.random(in: prefixes.indices, using: &random)]
            return prefix + String(Int.random(in: 1_000_000...9_999_999, using: &random))
        }
        let body = try #require(DigitHuffmanCode.compress(Self.text(numbers, isFirst: true)))
        #expect(Double(body.count) / 8192 < 5.2)
    }

    @Test(arguments: [
        "", ",", "\"", "\"\"", "\"1", "\"1\",", "\"1\",\"", "\"1\"x", "\"1\" ,\"2\"", "\"a\"", "\"1\",\"a@b.c\"",
        "\"1+2\"", "\"+\",\"\"", "\"+\"", "\"+1\",\"+\"", "\"1234567890123456789012\"", "\"1\",,\"2\"", "\"\\\"\"",
        "\"é\"", "1",
    ])
    func `a list with other texts than numbers is compressed by zlib`(text: String) {
        #expect(DigitHuffmanCode.compress(Array(text.utf8)) == nil)
    }

    @Test func `damage is detected or read as zlib reads it, and no byte is written outside the buffer`() throws {
        var random = SplitMix64(defaultSeed: 41)
        // After this chunk, a body is not in this format, so zlib reads it.
        let before = DestinationChunk(text: Array("\"a@example.org\"".utf8), count: 1)
        var decoded = 0
        for kind in Kind.allCases {
            let text = Self.text(kind.numbers(60, &random), isFirst: true)
            let body = try #require(DigitHuffmanCode.compress(text))
            for _ in 0..<3000 {
                var damaged = body
                for _ in 0..<Int.random(in: 1...4, using: &random) {
                    damaged[Int.random(in: damaged.indices, using: &random)] ^=
                        1 << Int.random(in: 0..<8, using: &random)
                }
                if Bool.random(using: &random) {
                    damaged.removeLast(Int.random(in: 0...damaged.count, using: &random))
                }
                let isOfOtherLength = Bool.random(using: &random)
                let length = max(text.count + (isOfOtherLength ? Int.random(in: -20...20, using: &random) : 0), 1)
                // There is no checksum, so any result is valid, but the call must return. Callers check the header.
                let expanded = Self.expand(damaged, length: length)
                let hasHeader = damaged.withUnsafeBufferPointer { DigitHuffmanCode.hasHeader($0) }
                guard let expanded, hasHeader, damaged != body else { continue }
                let whole = before.body + damaged
                let joined = DestinationChunk(count: 1, length: before.length + length, crc: 0, body: whole)
                #expect(joined.text() == (before.text() ?? []) + expanded, "\(kind): \(damaged)")
                decoded += 1
            }
            #expect(Self.expand(body, length: text.count - 1) == nil)
            #expect(Self.expand(body, length: text.count + 1) == nil)
        }
        #expect(decoded > 100, "\(decoded)")
    }

    /// The loop for runs takes a tenth of the time that reading symbol by symbol takes.
    @Test func `numbers of one country are read by the loop for runs`() throws {
        var random = SplitMix64(seed: 1)
        let text = Self.text(Kind.oneCountry.numbers(1000, &random), isFirst: true)
        let body = try #require(DigitHuffmanCode.compress(text))
        var output = [UInt8](repeating: 0, count: text.count)
        let symbols = output.withUnsafeMutableBytes { output in
            body.withUnsafeBufferPointer { DigitHuffmanCode.read($0, into: output) }
        }
        #expect(output == text)
        #expect(try #require(symbols) < 50)
    }
}
