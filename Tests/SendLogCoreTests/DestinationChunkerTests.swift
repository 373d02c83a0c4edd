import Foundation
import SendLogCore
import TestSupport
import Testing

@testable import SendLogContent

struct DestinationChunkerTests {
    @Test(arguments: [0, 1, 2, 8191, 8192, 8193, 16_384, 16_385])
    func `a list of any length is complete, in chunks of 8,192`(count: Int) throws {
        let destinations = (0..<count).map { "2782\($0)" }
        let (list, chunks) = try chunk(destinations)
        #expect(list.count == count)
        #expect(chunks.count == (count + 8191) / 8192)
        #expect(chunks.dropLast().allSatisfy { $0.count == 8192 })
        #expect(try join(chunks) == inside(destinations))
        #expect(chunks.reduce(0) { $0 + $1.count } == count)
    }

    @Test func `long destinations limit a chunk by bytes`() throws {
        let destinations = (0..<1000).map { "\($0)" + String(repeating: "😀", count: 300) }
        let (_, chunks) = try chunk(destinations)
        #expect(chunks.count > 5)
        #expect(chunks.allSatisfy { $0.length <= 128 * 1024 + 1300 })
        #expect(chunks.dropLast().allSatisfy { $0.length >= 128 * 1024 })
        #expect(try join(chunks) == inside(destinations))
    }

    @Test func `only characters that need an escape in JSON are escaped`() throws {
        let destinations = ["\"", "\\", "é", "/", "a\u{2028}b", "😀", "plain"]
        let (_, chunks) = try chunk(destinations)
        #expect(try join(chunks) == Array(#""\"","\\","é","/","a\#u{2028}b","😀","plain""#.utf8))
    }

    @Test func `the digest is that of the list's text, with any number of chunks`() throws {
        for count in [0, 1, 100, 20_000] {
            let destinations = (0..<count).map { "2782\($0)" }
            var digest = ListDigest()
            digest.add(inside(destinations))
            let list = try chunk(destinations).list
            #expect(list.digest == digest.value())
            #expect(list.digest.count == 32)
        }
        // SHA-256 of nothing (https://csrc.nist.gov/projects/cryptographic-standards-and-guidelines/example-values).
        #expect(ListDigest().value().prefix(4) == [0xe3, 0xb0, 0xc4, 0x42])
    }

    @Test(arguments: [1, 2, 3, 7, 14, 15, 64, 1000, 8191])
    func `a list that arrives in pieces equals one that arrives whole`(size: Int) throws {
        // Runs, single destinations, escapes, and white space around strings, across the ends of chunks.
        let parts = (0..<9000).map { number in
            switch number % 500 {
            case 13: #""a\"b""#
            case 14: #" "é" "#
            case 15: #""\u0041""#
            default: "\"2782\(1_000_000 + number * 7)\""
            }
        }
        let text = Array((#"{"destinations":["# + parts.joined(separator: ",") + "]}").utf8)
        func read(by size: Int) throws -> DestinationList {
            var (tokenizer, reader) = (JSONTokenizer(), SendLogReader(sink: DestinationChunker(spoolFolder: "/")))
            for start in stride(from: 0, to: text.count, by: size) {
                try Array(text[start..<min(start + size, text.count)]).withUnsafeBufferPointer {
                    try tokenizer.feed($0, to: &reader)
                }
            }
            #expect(reader.issues.isEmpty)
            return try reader.sink.finish()
        }
        let (whole, pieces) = (try read(by: text.count), try read(by: size))
        #expect(pieces.count == 9000)
        #expect(pieces.digest == whole.digest)
        var chunks: [[DestinationChunk]] = [[], []]
        try whole.forEachChunk { chunks[0].append($0) }
        try pieces.forEachChunk { chunks[1].append($0) }
        #expect(chunks[0] == chunks[1])
        #expect(chunks[0].map(\.count) == [8192, 808])
    }

    @Test func `a list beyond the memory limit is spooled to an unnamed file`() throws {
        let folder = try TemporaryFolder()
        let destinations = Self.randomNumbers(120_000)
        let (list, chunks) = try chunk(destinations, spoolFolder: folder.path)
        #expect(chunks.reduce(0) { $0 + $1.body.count } > 512 * 1024)
        #expect(try join(chunks) == inside(destinations))
        #expect(try folder.names() == [])
        // It can be read again, and by two readers at once.
        var again: [DestinationChunk] = []
        try list.forEachChunk { outer in
            again.append(outer)
            if again.count == 2 {
                var inner: [DestinationChunk] = []
                try list.forEachChunk { inner.append($0) }
                #expect(inner == chunks)
            }
        }
        #expect(again == chunks)
    }

    @Test func `an error of the reader ends the reading of the spool`() throws {
        struct Enough: Error {}
        let folder = try TemporaryFolder()
        let (list, _) = try chunk(Self.randomNumbers(120_000), spoolFolder: folder.path)
        var seen = 0
        #expect(throws: Enough.self) {
            try list.forEachChunk { _ in
                seen += 1
                if seen == 3 { throw Enough() }
            }
        }
        #expect(seen == 3)
    }

    @Test func `a missing spool folder is reported for long lists only`() throws {
        let missing = try TemporaryFolder().file("missing")
        #expect(try chunk(["1"], spoolFolder: missing).list.count == 1)
        let error = try #require(throws: StoreError.self) {
            try chunk(Self.randomNumbers(120_000), spoolFolder: missing)
        }
        guard case .unavailable(.spoolFolder, let detail) = error else {
            Issue.record("\(error)")
            return
        }
        #expect(detail.contains("spool"))
        // The message is logged, so it must not contain destinations.
        #expect(!detail.contains("27"))
    }

    // MARK: Chunking

    private static func randomNumbers(_ count: Int) -> [String] {
        var random = SplitMix64(seed: 29)
        return (0..<count).map { _ in "27\(Int.random(in: 600_000_000...899_999_999, using: &random))" }
    }

    @discardableResult
    private func chunk(
        _ destinations: [String],
        spoolFolder: String = NSTemporaryDirectory()
    ) throws -> (list: DestinationList, chunks: [DestinationChunk]) {
        var (tokenizer, reader) = (JSONTokenizer(), SendLogReader(sink: DestinationChunker(spoolFolder: spoolFolder)))
        let text = Array(#"{"destinations":["#.utf8) + inside(destinations) + Array("]}".utf8)
        try text.withUnsafeBufferPointer { try tokenizer.feed($0, to: &reader) }
        #expect(reader.issues.isEmpty)
        let list = try reader.sink.finish()
        var chunks: [DestinationChunk] = []
        try list.forEachChunk { chunks.append($0) }
        return (list, chunks)
    }

    private func join(_ chunks: [DestinationChunk]) throws -> [UInt8] {
        try chunks.flatMap { chunk in
            #expect(chunk.verifiedText() != nil)
            return try #require(chunk.text())
        }
    }

    private func inside(_ destinations: [String]) -> [UInt8] {
        var text: [UInt8] = []
        for (index, destination) in destinations.enumerated() {
            if index > 0 { text.append(UInt8(ascii: ",")) }
            text.appendJSON(destination)
        }
        return text
    }
}

struct ContentDigestTests {
    @Test func `the digest is that of the record followed by the list's digest`() {
        let (record, list) = (Array("record".utf8), [UInt8](repeating: 7, count: 32))
        var whole = ListDigest()
        whole.add(record + list)
        #expect(ContentDigest.of(record: record, list: list) == whole.value())
    }

    @Test func `a change of any byte changes the digest`() {
        let (record, list) = (Array("record".utf8), [UInt8](repeating: 7, count: 32))
        let digest = ContentDigest.of(record: record, list: list)
        for index in record.indices {
            var changed = record
            changed[index] ^= 1
            #expect(ContentDigest.of(record: changed, list: list) != digest)
        }
        for index in list.indices {
            var changed = list
            changed[index] ^= 1
            #expect(ContentDigest.of(record: record, list: changed) != digest)
        }
        #expect(ContentDigest.of(record: record + [0], list: list) != digest)
    }
}
