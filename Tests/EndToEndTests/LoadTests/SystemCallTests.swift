import Foundation
import TestSupport
import Testing

extension UnderLoad {
    /// What requests cost on SQLite, and what they leave behind.
    @Suite struct SystemCallTests {
        @Test func `no read leaves a transaction open`() throws {
            let server = try Server(in: TemporaryFolder(), arguments: ["--sqlite-checkpoint-seconds", "0"])
            let tenant = try server.tenant()
            /// Truncates the write-ahead log, which fails while a transaction uses it.
            func isLogInUse() throws -> Bool {
                let path = String(server.database.dropFirst(7))
                let result = try Command.tool("sqlite3", path, "PRAGMA wal_checkpoint(TRUNCATE)").succeeded().output
                return !result.hasPrefix("0|")
            }
            func expectNothingOpen(after read: String, _ method: String, _ target: String, tag: String? = nil) throws {
                // The log has something for the read to use.
                try tenant.record(SampleLog(id: "before-\(UUID())"))
                let headers: [Header] = tag.map { [("If-None-Match", $0)] } ?? []
                let status = try tenant.request(method, target, headers: headers).status
                #expect("\(status)" == read.prefix(3))
                #expect(try !isLogInUse(), "after \(read)")
            }
            try tenant.record(SampleLog(id: "one"))
            try tenant.record(SampleLog(id: "long", message: String(repeating: "long ", count: 3000)))
            let tag = try #require(try tenant.get("/send-logs/one")["etag"])
            for _ in 0..<3 {
                try expectNothingOpen(after: "200", "GET", "/send-logs/one")
                try expectNothingOpen(after: "404", "GET", "/send-logs/none")
                try expectNothingOpen(after: "304", "GET", "/send-logs/one", tag: tag)
                try expectNothingOpen(after: "200 for HEAD", "HEAD", "/send-logs/one")
                try expectNothingOpen(after: "200 with a long message", "GET", "/send-logs/long")
            }
        }

        @Test func `recording a send log takes few writes`() throws {
            let server = try Server(in: TemporaryFolder(), arguments: ["--recipients-index", "off"])
            let tenant = try server.tenant()
            /// The number of system calls that wrote something, of the server.
            func writes() throws -> Int {
                let text = try String(contentsOfFile: "/proc/\(server.process.pid)/io", encoding: .utf8)
                let line = try #require(text.split(separator: "\n").first { $0.hasPrefix("syscw:") })
                return try #require(Int(line.split(separator: " ")[1]))
            }
            for number in 0..<20 { try tenant.record(SampleLog(id: "first-\(number)")) }
            let before = try writes()
            for number in 0..<50 { try tenant.record(SampleLog(id: "log-\(number)")) }
            let each = Double(try writes() - before) / 50
            // The response, the commit, waking a thread, and now and then a checkpoint. Each page would take two more.
            #expect(each < 8, "\(each) writes for each send log")
        }
    }
}
