import SendLogCore
import TestSupport
import Testing

@testable import SendLogConsole

/// The commands that pages show.
struct CurlCommandsTests {
    @Test(arguments: ["o'brien", "' ; touch /tmp/x '", "\u{202e}abc", "é😀", "\\\"'", "27821234567"])
    func `a recipient in a command is plain text of the shell, and of the request`(recipient: String) throws {
        var search = SendLogSearch()
        search.recipients = [RecipientQuery(recipient)]
        let command = CurlCommands(address: "http://127.0.0.1:8080").search(search)
        #expect(command.unicodeScalars.allSatisfy { (0x20...0x7e).contains($0.value) })
        // The address and the body are in apostrophes, and no other apostrophe is in either.
        #expect(command.split(separator: "'", omittingEmptySubsequences: false).count == 5)
        let body = try #require(command.split(separator: "'").last)
        let parsed = try Array(body.utf8).withUnsafeBufferPointer { try SendLogSearch(body: JSONValue(utf8: $0)) }
        #expect(parsed.recipients?.map(\.key) == [RecipientKey(recipient)])
    }
}
