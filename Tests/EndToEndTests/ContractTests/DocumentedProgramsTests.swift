import Foundation
import TestSupport
import Testing

/// The shell commands for searches in `docs/api.md`, run as they are there.
@Suite struct DocumentedProgramsTests {
    /// Runs the only shell command of `docs/api.md` that contains a text, on another server and with its key.
    ///
    /// - Returns: the lines of its output, in JSON.
    private static func run(containing text: String, for tenant: Tenant) throws -> [JSON] {
        let page = try String(contentsOf: TestPaths.package.appending(path: "docs/api.md"), encoding: .utf8)
        let scripts = page.matches(of: /```sh\n([^`]+)```/).map { String($0.output.1) }.filter { $0.contains(text) }
        try #require(scripts.count == 1)
        let address = "http://127.0.0.1:8080"
        try #require(scripts[0].contains("\(address)/"))
        let script = scripts[0].replacing(address, with: "http://127.0.0.1:\(tenant.server.port)")
        let arguments = ["bash", "-o", "pipefail", "-c", script]
        let command = try Command("/usr/bin/env", arguments, environment: ["KEY": tenant.key]).succeeded()
        #expect(command.errors.isEmpty, "\(command)")
        return try command.lines.map { try JSON(parsing: Array($0.utf8)) }
    }

    /// A destination, and whether the search finds it: whether it is 821234567 within its country.
    private static let destinations: [(text: String, isFound: Bool)] = [
        ("27821234567", true), ("+27821234567", true), ("0027821234567", true), ("0821234567", true),
        ("+0027 82 123 4567", true), ("+27 82 123 4567", true), ("27-82-123-4567", true),
        ("+27 (0)82 123 4567", true), ("082/123.45_67", true), ("(082) 123 4567", true),
        ("082\u{a0}123\u{2011}4567", true), ("\u{200e}+27 82 123 4567\u{200e}", true),
        // URIs, with parameters after the number.
        ("tel:+27821234567", true), ("TEL:+27-82-123-4567;ext=12", true), ("tel:0821234567;phone-context=+27", true),
        ("sms:+27821234567?body=Hi%205", true), ("smsto:+27821234567", true), ("<tel:+27821234567>", true),
        ("tel:%2B27%2082%20123%204567", true), ("\u{200e}tel:+27821234567;ext=5", true),
        ("tel:+27831234567;ext=821234567", false), ("tel:+27831234567?x=821234567", false),
        // Digits of other scripts: Arabic, Persian, Devanagari, Bengali, Thai, full-width.
        ("٠٨٢١٢٣٤٥٦٧", true), ("+٢٧ ٨٢ ١٢٣ ٤٥٦٧", true), ("۰۸۲۱۲۳۴۵۶۷", true), ("०८२१२३४५६७", true),
        ("০৮২১২৩৪৫৬৭", true), ("๐๘๒๑๒๓๔๕๖๗", true), ("＋２７８２１２３４５６７", true), ("tel:٠٨٢١٢٣٤٥٦٧;ext=١", true),
        ("०८२१२३४५६८", false), ("٠٨٢١٢٣٤٥٦٨", false), ("０８２１２３４５６８", false),
        // Other numbers, and destinations that are not numbers.
        ("27821234568", false), ("278212345671", false), ("21234567", false), ("+27 82 123 4568", false),
        ("0821234567;ext=12", false), ("0821234567,12", false), ("082*1234567", false), ("#0821234567", false),
        ("jo821234567@example.com", false), ("order 821234567", false), ("mailto:jo@821234567", false),
        // Without a calling code, the country may be any one.
        ("+49821234567", true), ("tel:%30821234567", true), ("tel:+27%3821234567", true),
    ]

    @Test func `the search for one number finds it in every notation`() throws {
        let tenant = try Shared.server.tenant()
        let logs = Self.destinations.enumerated().map { number, destination in
            SampleLog(id: "log-\(number)", destinations: ["27831111111", destination.text, "none@example.com"])
        }
        try tenant.record(logs + [SampleLog(id: "empty", destinations: [])])
        let data = try #require(try Self.run(containing: "082 123 4567", for: tenant).first)["data"]
        #expect(data["searched"] == ["0821234567", "…821234567"])
        let found = data["send_logs"].elements
        let ids = Set(found.compactMap(\.["_id"].string))
        #expect(ids.count == found.count)
        for (number, destination) in Self.destinations.enumerated() {
            #expect(ids.contains("log-\(number)") == destination.isFound, "\(destination.text)")
        }
        #expect(!ids.contains("empty"))
    }

    @Test func `the program for pages returns each send log once`() throws {
        let tenant = try Shared.server.tenant()
        let logs = (0..<230).map { SampleLog(id: "log-\($0)") }
        try tenant.record(logs + [SampleLog(id: "old", start: "2021-12-31T23:59:59.999Z")])
        let found = try Self.run(containing: "while", for: tenant)
        #expect(found.compactMap(\.["_id"].string) == logs.reversed().map(\.id))
        #expect(try Self.run(containing: "while", for: Shared.emptyTenant).isEmpty)
    }
}
