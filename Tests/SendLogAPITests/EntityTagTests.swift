import NIOCore
import NIOHTTP1
import SendLogCore
import SendLogHTTP
import Testing

@testable import SendLogAPI

/// Entity tags, and their comparison with `If-None-Match`.
struct EntityTagTests {
    private static let digest = (0..<32).map { UInt8($0) }
    private let tag = EntityTag(digest: digest, .count)
    private static let opaque = "000102030405060708090a0b0c0d0e0f-count"

    private func isKnown(_ lines: [String]) -> Bool {
        let headers = HTTPHeaders(lines.map { ("If-None-Match", $0) })
        return tag.isKnown(
            to: HTTPRequest(method: .GET, target: "/", headers: headers, body: RequestBody(ByteBuffer()))
        )
    }

    @Test func `a tag is weak, and depends on content and format`() {
        #expect(tag.fields.map(\.value) == ["W/\"\(Self.opaque)\"", "private, no-cache"])
        var other = Self.digest
        other[0] = 9
        let tags = [tag, EntityTag(digest: Self.digest, .list), EntityTag(digest: other, .count)]
        #expect(Set(tags.map { $0.fields[0].value }).count == 3)
    }

    @Test(arguments: [
        ["W/\"\(opaque)\""], ["\"\(opaque)\""], ["*"], [" * "], ["\"a\", W/\"\(opaque)\" , \"b\""],
        ["\"a\"", "\"b\",\"\(opaque)\""], ["\"a,b\",\"\(opaque)\""], ["\"\",W/\"\(opaque)\""], ["\"a\"", "*"],
    ])
    func `a tag is found in a list`(lines: [String]) {
        #expect(isKnown(lines))
    }

    @Test(arguments: [
        [], [""], ["\"\""], [opaque], ["\"\(opaque)"], ["\"\(opaque)2\""], ["\"a,\(opaque)\""], ["W/\"other\", \"*\""],
        ["\"a\"\(opaque)\"b\""], ["\"000102030405060708090a0b0c0d0e0f-list\""], [String(repeating: "\",", count: 9000)],
    ])
    func `a different or malformed tag does not match`(lines: [String]) {
        #expect(!isKnown(lines))
    }
}
