import SendLogContent
import TestSupport
import Testing

@testable import SendLogCore

struct PlainBytesTests {
    @Test func `the end of plain text is the same as in a search byte by byte`() {
        var random = SplitMix64(defaultSeed: 43)
        let edges: [UInt8] = [0, 0x1f, 0x20, 0x21, 0x22, 0x23, 0x5b, 0x5c, 0x5d, 0x7e, 0x7f, 0x80, 0x81, 0xff]
        for _ in 0..<50_000 {
            var bytes = [UInt8](repeating: 0, count: Int.random(in: 0...30, using: &random))
            for index in bytes.indices { bytes[index] = UInt8.random(in: 0x23...0x5b, using: &random) }
            for _ in 0..<Int.random(in: 0...3, using: &random) where !bytes.isEmpty {
                let index = Int.random(in: bytes.indices, using: &random)
                bytes[index] = edges[Int.random(in: edges.indices, using: &random)]
            }
            let start = Int.random(in: 0...bytes.count, using: &random)
            let isEscaped = { (byte: UInt8) in byte < 0x20 || byte == 0x22 || byte == 0x5c }
            let plain = bytes[start...].firstIndex { isEscaped($0) || $0 >= 0x7f } ?? bytes.count
            let unescaped = bytes[start...].firstIndex(where: isEscaped) ?? bytes.count
            bytes.withUnsafeBufferPointer {
                #expect(PlainBytes.end(in: $0, from: start) == plain)
                #expect(PlainBytes.endOfUnescaped(in: $0, from: start) == unescaped)
            }
        }
    }

    @Test(arguments: [
        (#","27821234567","1""#, 20, 100, 18, 2), (#","1","2","3""#, 2, 100, 8, 2), (#","1","2","3""#, 9, 1, 4, 1),
        (#","1", "2""#, 9, 100, 4, 1), (#","1","2"#, 9, 100, 4, 1), (#","1",""#, 9, 100, 4, 1),
        (#","","2""#, 9, 100, 0, 0),
        (#""1","2""#, 9, 100, 0, 0), (#","é","2""#, 9, 100, 0, 0), (#","a\"b""#, 9, 100, 0, 0), ("", 9, 100, 0, 0),
        (",", 9, 100, 0, 0), (#","1"]"#, 9, 100, 4, 1), (#","1","2""#, 0, 100, 0, 0),
    ])
    func `a run ends at its limits or at other text`(text: String, limit: Int, maxBytes: Int, length: Int, count: Int) {
        Array(text.utf8).withUnsafeBufferPointer {
            let run = DestinationRun.measure($0, limit: limit, maxBytes: maxBytes)
            #expect((run.length, run.count) == (length, count))
        }
    }

    @Test func `a run excludes a destination that is too long`() {
        for (length, count) in [(320, 1), (321, 0)] {
            let text = ",\"\(String(repeating: "1", count: length))\""
            Array(text.utf8).withUnsafeBufferPointer {
                #expect(DestinationRun.measure($0, limit: 9, maxBytes: 1000).count == count)
            }
        }
    }
}
