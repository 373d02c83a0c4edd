import SendLogCore
import Testing

struct IdempotencyKeyTests {
    @Test(arguments: ["a", "8e03978e-40d5-43dd-bc93-6894a57f9324", "\"quoted\"", "with space", "~!"])
    func `a key keeps its characters`(text: String) {
        #expect(IdempotencyKey(text)?.text == text)
    }

    @Test(arguments: ["", "a\tb", "a\nb", "\u{7f}", "é", "\u{0}", "😀"])
    func `a key has printable ASCII characters only`(text: String) {
        #expect(IdempotencyKey(text) == nil)
    }

    @Test func `a key has at most 255 characters`() {
        #expect(IdempotencyKey(String(repeating: "x", count: 255)) != nil)
        #expect(IdempotencyKey(String(repeating: "x", count: 256)) == nil)
    }

    @Test(arguments: [Int64.min, -1, 0, 199, 500, .max]) func `a damaged status is reported`(status: Int64) throws {
        let attempt = IdempotencyAttempt(
            key: try #require(IdempotencyKey("a")),
            digest: [1],
            id: try #require(SendLogID("a")),
            now: .earliest
        )
        #expect(throws: StoreError.self) {
            try IdempotencyState(of: attempt, digest: [1], status: status, response: { ("", []) })
        }
        let reused = try IdempotencyState(of: attempt, digest: [2], status: status, response: { ("", []) })
        #expect(reused == .reused)
    }
}
