import SendLogCore
import Testing

struct IdentifierTests {
    @Test(arguments: [
        "5f5a1d8d2e0e4c6c8c0c0c0c", "a", "Z", "0", "_", "-", "a-b_C9", String(repeating: "x", count: 64),
    ])
    func `an id has letters, digits, underscores and hyphens, and keeps its text`(text: String) throws {
        #expect(try #require(SendLogID(text)).text == text)
        #expect(try #require(CampaignID(text)).description == text)
        let bytes = Array(text.utf8)
        #expect(bytes.withUnsafeBufferPointer { SendLogID(utf8: $0) } == SendLogID(text))
    }

    @Test(arguments: [
        "", " ", "a b", " a", "a ", "a/b", "../a", "a%2Fb", "a.b", "a\u{0}", "a\n", "é", "ａ", "a\u{301}", "😀", "a+b",
        "a~",
        "{{send._id}}", String(repeating: "x", count: 65), String(repeating: "x", count: 10_000),
    ])
    func `any other text is not an id`(text: String) {
        #expect(SendLogID(text) == nil)
        #expect(CampaignID(text) == nil)
        let bytes = Array(text.utf8)
        #expect(bytes.withUnsafeBufferPointer { SendLogID(utf8: $0) } == nil)
    }

    @Test func `text and bytes accept the same characters`() {
        let allowed = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-".utf8)
        for byte in UInt8.min...UInt8.max {
            let id = [byte].withUnsafeBufferPointer { SendLogID(utf8: $0) }
            #expect((id != nil) == allowed.contains(byte), "byte \(byte)")
            if byte < 0x80 { #expect(SendLogID(String(Unicode.Scalar(byte))) == id) }
        }
    }

    @Test func `ids are case-sensitive`() {
        #expect(SendLogID("a") != SendLogID("A"))
    }
}

struct SendLogIDSourceTests {
    private let now = Timestamp(milliseconds: 1_650_000_000_999) ?? .earliest

    @Test func `ids are 24 lowercase hex digits that begin with the seconds`() {
        let source = SendLogIDSource()
        for _ in 0..<100 {
            let id = source.next(at: now).text
            #expect(id.utf8.count == 24)
            #expect(id.utf8.allSatisfy { Set("0123456789abcdef".utf8).contains($0) })
            #expect(id.hasPrefix(String(1_650_000_000, radix: 16)))
        }
    }

    @Test func `ids of one source are unique, even if tasks make them concurrently`() async {
        let source = SendLogIDSource()
        let now = now
        let ids = await withTaskGroup(of: [SendLogID].self) { group in
            for _ in 0..<8 { group.addTask { (0..<2000).map { _ in source.next(at: now) } } }
            return await group.reduce(into: []) { $0 += $1 }
        }
        #expect(Set(ids).count == 16_000)
    }

    @Test func `the counter wraps around after its maximum`() {
        var highest = Fixed(value: .max)
        let source = SendLogIDSource(using: &highest)
        let ids = [source.next(at: now).text, source.next(at: now).text]
        #expect(ids.map { $0.suffix(6) } == ["000000", "000001"])
        #expect(ids.allSatisfy { $0.dropFirst(8).prefix(10) == "ffffffffff" })
    }

    @Test func `two sources make different ids`() {
        let (one, other) = (SendLogIDSource(), SendLogIDSource())
        let ids = Set((0..<1000).map { _ in one.next(at: now) })
        #expect(!(0..<1000).contains { _ in ids.contains(other.next(at: now)) })
    }

    @Test(arguments: [Timestamp.earliest, .latest])
    func `the earliest and the latest time make valid ids`(now: Timestamp) {
        #expect(SendLogIDSource().next(at: now).text.utf8.count == 24)
    }

    private struct Fixed: RandomNumberGenerator {
        let value: UInt64
        func next() -> UInt64 { value }
    }
}
