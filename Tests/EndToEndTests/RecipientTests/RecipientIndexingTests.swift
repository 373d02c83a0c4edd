import TestSupport
import Testing

/// The service that keeps the recipient indexes up to date, and its metrics.
@Suite struct RecipientIndexingTests {
    /// Returns the gauges of a server: the send logs and the organisations that the indexes lack.
    private static func lag(_ server: Server) throws -> [Int]? {
        let text = try server.connect().request("GET", "/metrics").text
        let values = text.matches(of: /\nsendlog_recipient_index_behind_(?:send_logs|organisations) ([0-9]+)/)
        return values.count == 2 ? values.compactMap { Int($0.output.1) } : nil
    }

    /// Waits until a server has the gauges, which it reads at most once in ten seconds.
    private static func expect(_ lag: [Int], on server: Server) throws {
        var last: [Int]?
        let isReached = try Deadline.poll(for: 120) {
            last = try Self.lag(server)
            return last == lag
        }
        #expect(isReached, "\(last ?? []): \(server.log)")
    }

    @Test func `new send logs are indexed, and the metrics show how many are not`() throws {
        let folder = try TemporaryFolder()
        let off = try Server(arguments: ["--recipients-index", "off"])
        let tenant = try off.tenant()
        try tenant.record((0..<300).map { SampleLog(id: "send-\($0)") })
        #expect(try Self.lag(off) == nil)
        #expect(try off.stop() == .code(0))
        let server = try Server(in: folder, database: off.database)
        try Self.expect([0, 0], on: server)
        #expect(!server.log.contains("recipient index"), "\(server.log)")
        #expect(try server.stop() == .code(0))
    }

    @Test func `a damaged list stops neither other organisations nor the server, and does not fill the log`() throws {
        let folder = try TemporaryFolder()
        let database = "sqlite:\(folder.file("test.sqlite"))"
        let off = try Server(in: folder, database: database, arguments: ["--recipients-index", "off"])
        let (damaged, sound) = (try off.tenant(), try off.tenant())
        try damaged.record(SampleLog(id: "damaged"))
        try off.executeSQL("UPDATE destination_chunks SET length = -1")
        try sound.record((0..<5).map { SampleLog(id: "send-\($0)") })
        #expect(try off.stop() == .code(0))
        let server = try Server(in: folder, database: database)
        try Self.expect([1, 1], on: server)
        let message = "cannot extend a recipient index"
        let lines = server.log.split(separator: "\n").filter { $0.contains(message) }
        #expect((1..<10).contains(lines.count), "\(lines)")
        #expect(lines.allSatisfy { $0.contains(" organisation=1 ") && $0.contains(" retry_seconds=") }, "\(lines)")
        let found = try sound.on(server).search(#"{"find":{"destination":"27821234567"}}"#)
        #expect(found["total"] == 5)
        #expect(try server.stop() == .code(0))
    }
}
