import Foundation
import SendLogContent
import SendLogCore
import SendLogSQLite
import StoreChecks
import TestSupport
import Testing

struct SendLogImportTests {
    @Test func `each line is imported independently of the others`() async throws {
        try await withOrganisation { store, organisation in
            let text = """
                \(Self.line("a"))
                {"campaign_id":"c"
                \(Self.line("b"))
                not json
                {"_id":"c","campaign_id":"spring","triggeredBy":"m","destinations":[]}
                \(Self.line("a"))
                \(Self.line("a", message: "other"))
                \(Self.line("d"))

                """
            let report = try await run(text, into: store, organisation)
            #expect((report.recorded, report.existing, report.failed) == (3, 1, 4))
            #expect(report.errors.map(\.line) == [2, 4, 5, 7])
            #expect(report.errors.map(\.code) == ["invalid_request", "invalid_request", "invalid_request", "conflict"])
            #expect(report.errors[0].message == "the line is not valid JSON: the text ends too early, at byte 18")
            #expect(report.errors[2].message == "message is required")
            #expect(report.errors[3].message == "_id is taken by a send log that differs in message")
            #expect(try await ids(in: store, organisation) == ["a", "b", "d"])
        }
    }

    @Test func `any line ending, blank lines and a missing last line ending are accepted`() async throws {
        try await withOrganisation { store, organisation in
            let text = "\r\n\(Self.line("a"))\r\n\n   \n\t\r\n\(Self.line("b")) \n\n\(Self.line("c"))"
            let report = try await run(text, into: store, organisation)
            #expect((report.recorded, report.existing, report.failed) == (3, 0, 0))
            let bad = try await run(text + "x\n\n\n}", into: store, organisation)
            #expect((bad.recorded, bad.existing, bad.failed) == (0, 2, 2))
            // Blank lines count as lines.
            #expect(bad.errors.map(\.line) == [8, 11])
        }
    }

    @Test(arguments: ["", "\n", " ", "\r\n\r\n", "\n\n\n   "]) func `an empty import records nothing`(text: String)
        async throws
    {
        try await withOrganisation { store, organisation in
            let report = try await run(text, into: store, organisation)
            #expect((report.recorded, report.existing, report.failed, report.errors) == (0, 0, 0, []))
        }
    }

    @Test func `the stream can arrive in pieces of any size`() async throws {
        let text = Array("\(Self.line("a", message: "é😀"))\r\n{\"x\n\n\(Self.line("b"))\n}\n\(Self.line("c"))".utf8)
        var whole: ImportReport?
        for size in [text.count] + Array(1...40) {
            try await withOrganisation { store, organisation in
                var stream = SendLogImport(into: organisation, of: store, context: Self.context)
                for start in stride(from: 0, to: text.count, by: size) {
                    try await feed(text[start..<min(start + size, text.count)], to: &stream)
                }
                let report = try await stream.finish()
                #expect((report.recorded, report.failed) == (3, 2))
                #expect(report.errors.map(\.line) == [2, 5])
                whole = whole ?? report
                #expect(report == whole)
            }
        }
    }

    @Test func `a byte order mark is skipped at the start of each line`() async throws {
        try await withOrganisation { store, organisation in
            // A file that was joined from several, one of them empty.
            let text = ["\(Self.line("a"))\r\n", "\(Self.line("b"))\n", "\n", "bad\n", "\(Self.line("c"))", "\n"]
                .map { "\u{feff}\($0)" }.joined()
            let report = try await run(text, into: store, organisation)
            #expect((report.recorded, report.failed) == (2, 2))
            #expect(report.errors.map(\.line) == [4, 5])
            #expect(try await ids(in: store, organisation) == ["a", "b"])
        }
    }

    @Test(arguments: [
        ("[\(line("a"))]", "the line must be an object, not an array; send one send log per line"),
        ("[", "the line is not valid JSON: this is a JSON array; send one send log per line (the text ends too early"),
        ("[\(line("a")),", "the line is not valid JSON: this is a JSON array; send one send log per line"),
        ("  {\r", "the line is not valid JSON: this is pretty-printed JSON; a send log must be on one line (the text"),
        ("_id,campaign_id,message", "the line is not valid JSON: this is CSV; export with format=ndjson and"),
        ("\u{feff}\"_id\";\"campaign_id\"", "the line is not valid JSON: this is CSV; export with format=ndjson and"),
        ("number;text", "the line is not valid JSON: this is CSV; send JSON, one send log per line ("),
        (line("a") + line("b"), "the line is not valid JSON: two send logs on one line; with curl, use --data-binary"),
        ("PK\u{3}\u{4}\u{14}\u{0}", "the line is not valid JSON: this is a ZIP archive; decompress it first"),
        ("\"text\"", "the line must be an object, not a string"), ("bad", "the line is not valid JSON: 'b' where"),
        (
            #"{"_id":"a","campaign_id":"c","message":"m","triggeredBy":"t","destinations":2}"#,
            "destinations must be an array of strings, not a number; if this is an export, export with group"
        ),
        (
            #"{"_id":"a b","campaign_id":7,"message":"m","x":1,"destinations":2}"#,
            "_id must be 1 to 64 characters of A-Z a-z 0-9 _ -; campaign_id must be a string, not a number; x is not"
        ),
    ])
    func `the error of a line names its format or its first three issues, in any pieces`(line: String, message: String)
        async throws
    {
        let text = Array("\(Self.line("first"))\n\(line)\n\(Self.line("last"))".utf8)
        for size in [text.count, 1, 7] {
            try await withOrganisation { store, organisation in
                var stream = SendLogImport(into: organisation, of: store, context: Self.context)
                for start in stride(from: 0, to: text.count, by: size) {
                    try await feed(text[start..<min(start + size, text.count)], to: &stream)
                }
                let report = try await stream.finish()
                #expect((report.recorded, report.failed) == (2, 1))
                let error = try #require(report.errors.first)
                #expect(error.line == 2)
                #expect(error.message.hasPrefix(message), "\(error.message)")
            }
        }
    }

    @Test func `the issues of a line beyond the third are counted`() async throws {
        try await withOrganisation { store, organisation in
            let report = try await run("{}\n{\"_id\":5,\"message\":\"\"}\n", into: store, organisation)
            #expect(
                report.errors.map(\.message) == [
                    "campaign_id is required; message is required; triggeredBy is required (and 1 more)",
                    "_id must be a string, not a number; campaign_id is required; triggeredBy is required (and 1 more)",
                ]
            )
        }
    }

    @Test func `the report has the first hundred errors, conflicts included`() async throws {
        try await withOrganisation { store, organisation in
            _ = try await run(Self.line("taken"), into: store, organisation)
            // Every line fails: two that do not parse, then one in conflict, which is known much later.
            let lines = (1...3000).map { $0 % 3 == 0 ? Self.line("taken", message: "line \($0)") : "x" }
            let report = try await run(lines.joined(separator: "\n"), into: store, organisation)
            #expect((report.recorded, report.existing, report.failed) == (0, 0, 3000))
            #expect(report.errors.map(\.line) == Array(1...100))
            #expect(report.errors.map(\.code) == (1...100).map { $0 % 3 == 0 ? "conflict" : "invalid_request" })
        }
    }

    @Test func `many batches are recorded in the order of their lines`() async throws {
        try await withOrganisation { store, organisation in
            let lines = (0..<5000).map { Self.line("log-\($0)", destinations: $0 % 3) }
            var stream = SendLogImport(into: organisation, of: store, context: Self.context)
            try await feed(Array(lines.joined(separator: "\n").utf8)[...], to: &stream)
            let report = try await stream.finish()
            #expect((report.recorded, report.failed) == (5000, 0))
            #expect(stream.destinationsRecorded == (0..<5000).reduce(0) { $0 + $1 % 3 })
            #expect(try await ids(in: store, organisation) == (0..<5000).map { "log-\($0)" })
            let again = try await run(lines.joined(separator: "\n"), into: store, organisation)
            #expect((again.recorded, again.existing, again.failed) == (0, 5000, 0))
        }
    }

    @Test func `a line with a long list is recorded in order among short ones`() async throws {
        try await withOrganisation { store, organisation in
            let text = "\(Self.line("a"))\n\(Self.line("long", destinations: 150_000))\n\(Self.line("b"))\n"
            let report = try await run(text, into: store, organisation)
            #expect((report.recorded, report.failed) == (3, 0))
            let stored = try await store.sendLog(#require(SendLogID("long")), in: organisation)
            #expect(stored.destinations == 150_000)
            #expect(stored.sequence == SequenceNumber(2))
        }
    }

    @Test func `an aborted import has recorded its full batches, and can be run again`() async throws {
        try await withOrganisation { store, organisation in
            let lines = (0..<5500).map { Self.line("log-\($0)") }
            var stream = SendLogImport(into: organisation, of: store, context: Self.context)
            try await feed(Array(lines.joined(separator: "\n").utf8)[...], to: &stream)
            await stream.abandon()
            #expect(stream.report.recorded == 5000)
            #expect(try await ids(in: store, organisation).count == 5000)
            let report = try await run(lines.joined(separator: "\n"), into: store, organisation)
            #expect((report.recorded, report.existing, report.failed) == (500, 5000, 0))
        }
    }

    @Test func `a store that fails ends the import`() async throws {
        let folder = try TemporaryFolder()
        let store = try SQLiteStore(path: folder.file())
        let organisation = try await store.organisation()
        store.close()
        let error = try await #require(throws: StoreError.self) {
            try await run(Self.line("a"), into: store, organisation)
        }
        guard case .unavailable(.closed, _) = error else {
            Issue.record("\(error)")
            return
        }
    }

    // MARK: Importing

    private static let context = ParserContext(ids: SendLogIDSource(), spoolFolder: NSTemporaryDirectory()) {
        .earliest
    }

    private static func line(_ id: String, message: String = "Hi", destinations: Int = 1) -> String {
        let list = (0..<destinations).map { "\"27\(($0 &* 2_654_435_761) % 1_000_000_007)\"" }.joined(separator: ",")
        return
            #"{"_id":"\#(id)","campaign_id":"c","message":"\#(message)","triggeredBy":"m","destinations":[\#(list)]}"#
    }

    private func withOrganisation(_ body: (SQLiteStore, OrganisationID) async throws -> Void) async throws {
        try await withStore { store, _ in try await body(store, store.organisation()) }
    }

    private func run(
        _ text: String,
        into store: SQLiteStore,
        _ organisation: OrganisationID
    ) async throws -> ImportReport {
        var stream = SendLogImport(into: organisation, of: store, context: Self.context)
        try await feed(Array(text.utf8)[...], to: &stream)
        return try await stream.finish()
    }

    /// Feeds a piece to the import, like the reader of a request body.
    private func feed(_ piece: ArraySlice<UInt8>, to stream: inout SendLogImport) async throws {
        let bytes = Array(piece)
        var offset = 0
        while offset < bytes.count {
            let rest = Array(bytes[offset...])
            offset += try rest.withUnsafeBufferPointer { try stream.parse($0) }
            if stream.isBatchFull { try await stream.flush() }
        }
    }

    private func ids(in store: SQLiteStore, _ organisation: OrganisationID) async throws -> [String] {
        let search = SendLogSearch(limit: 10_000, order: .oldestFirst)
        var (ids, result): ([String], SearchResult) = ([], try await store.search(search, in: organisation))
        while true {
            for row in result.rows.rows {
                let record = String(decoding: result.rows.text[row.record], as: UTF8.self)
                ids.append(String(record.dropFirst(8).prefix { $0 != "\"" }))
            }
            guard let rest = result.rows.rest else { return ids }
            result = SearchResult(total: 0, asOf: result.asOf, rows: try await store.rows(rest, in: organisation))
        }
    }
}
