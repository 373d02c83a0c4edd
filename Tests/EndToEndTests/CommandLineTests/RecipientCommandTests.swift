import TestSupport
import Testing

/// `sendlog recipient` and `sendlog database reindex`.
@Suite struct RecipientCommandTests {
    private let folder: TemporaryFolder
    private let server: Server
    private let tenant: Tenant

    init() throws {
        folder = try TemporaryFolder()
        server = try Server()
        tenant = try server.tenant()
    }

    /// Runs the command with a recipient on standard input.
    private func sends(to input: String, _ options: String...) throws -> Command {
        let file = try folder.write("recipient", input)
        let arguments = ["recipient", "-", "--organisation", tenant.name, "--database", server.database] + options
        return try Command(TestPaths.binary, arguments, input: file)
    }

    private func json(to input: String, _ options: String...) throws -> JSON {
        try JSON(parsing: sends(to: input, "--json").succeeded().output.utf8)
    }

    private func record(_ destinations: String..., id: String, day: Int) throws {
        let start = "2026-03-0\(day)T10:00:00.000Z"
        try tenant.record(SampleLog(id: id, campaign: "c-\(id)", start: start, destinations: destinations))
    }

    private func recordSamples() throws {
        try record("+27 82 123 4567", "27831234567", "27821234567", id: "plus", day: 2)
        try record("27821234567", id: "plain", day: 4)
        try record("27831234567", id: "another", day: 5)
        try record("082 123 4567", id: "national", day: 1)
        try server.tenant().record(SampleLog(id: "foreign", destinations: ["27821234567"]))
    }

    @Test func `the recipient comes from standard input or an argument, in any notation`() throws {
        try recordSamples()
        let found = try json(to: "0027 82 123-4567\n")
        #expect(found["recipient"] == "27821234567" && found["total"] == 3)
        #expect(found["searched"].elements.contains("0821234567"))
        #expect(found["send_logs"].elements.map(\.["_id"].string) == ["plain", "plus", "national"])
        #expect(found["first"] == "2026-03-01T10:00:00.000Z" && found["last"] == "2026-03-04T10:00:00.000Z")
        let last = found["send_logs"].elements[0]
        #expect(last.names == ["_id", "campaign_id", "doubtful", "startDeliveryAt", "triggeredBy"])
        #expect(last["campaign_id"] == "c-plain" && last["startDeliveryAt"] == "2026-03-04T10:00:00.000Z")
        #expect(found["doubtful"] == 1)
        #expect(found["send_logs"].elements.map(\.["doubtful"]) == [false, false, true])
        #expect(last["triggeredBy"] == "manual")
        let argument = try server.command("recipient", "+27821234567", "--organisation", tenant.name, "--json")
        #expect(try JSON(parsing: argument.succeeded().output.utf8) == found)
    }

    @Test func `the calling code decides about numbers with one leading 0`() throws {
        try recordSamples()
        let doubtful = try sends(to: "27821234567").succeeded()
        #expect(doubtful.errors.contains("1 of the sends may be to another person, since no calling code is set"))
        #expect(doubtful.lines.filter { $0.hasSuffix("  doubtful") }.map { $0.contains("national") } == [true])
        let certain = try sends(to: "27831234567").succeeded()
        #expect(certain.errors.isEmpty && !certain.output.contains("DOUBTFUL"), "\(certain)")
        _ = try server.command("organisation", "set", tenant.name, "--calling-code", "27").succeeded()
        let exact = try json(to: "0821234567")
        #expect(exact["recipient"] == "27821234567" && exact["searched"] == ["27821234567"] && exact["total"] == 3)
        #expect(try sends(to: "27821234567").succeeded().errors.isEmpty)
        _ = try server.command("organisation", "set", tenant.name, "--calling-code", "49").succeeded()
        #expect(try json(to: "27821234567")["send_logs"].elements.map(\.["_id"].string) == ["plain", "plus"])
        #expect(try json(to: "49821234567")["send_logs"].elements.map(\.["_id"].string) == ["national"])
    }

    @Test func `the text has the number of sends, and a table of the newest ones`() throws {
        try recordSamples()
        let all = try sends(to: "27821234567").succeeded().lines
        #expect(all[0] == "recipient: 27821234567" && all[1].hasPrefix("searched: 27821234567, 0821234567"))
        #expect(all[2] == "sends: 3" && all[3] == "first: 2026-03-01T10:00:00.000Z")
        #expect(all[4] == "last: 2026-03-04T10:00:00.000Z" && all.count == 9)
        #expect(all[6].split(separator: " ") == ["2026-03-04T10:00:00.000Z", "plain", "c-plain", "manual"])
        let one = try sends(to: "27821234567", "--limit", "1").succeeded()
        #expect(one.lines == Array(all.prefix(2)) + ["sends: 3"] + all[3...4] + one.lines.suffix(2))
        #expect(one.lines[6].contains("plain") && one.errors.contains("Listed the newest 1; see --limit."))
        #expect(try sends(to: "27821234567", "--limit", "0").succeeded().lines == Array(all.prefix(5)))
        #expect(try sends(to: "jo@example.com").succeeded().lines.last == "sends: 0")
    }

    @Test func `an invalid recipient or limit is refused, and the error does not repeat the recipient`() throws {
        let long = String(repeating: "7", count: 321)
        for (input, problem) in [("", "must not be empty"), ("\n", "must not be empty"), (long, "at most 320")] {
            let refused = try sends(to: input)
            #expect(refused.exit == .code(64) && refused.output.isEmpty, "\(refused)")
            #expect(refused.errors.contains("the recipient on standard input") && refused.errors.contains(problem))
            #expect(!refused.errors.contains("777"))
        }
        let two = try sends(to: "27821234567\n27831234567\n")
        #expect(two.exit == .code(64) && two.errors.contains("must not contain control characters"), "\(two)")
        let argument = try server.command("recipient", "", "--organisation", tenant.name)
        #expect(argument.exit == .code(64) && argument.errors.contains("the recipient must not be empty"))
        let scheme = try sends(to: "tel:")
        #expect(scheme.exit == .code(64) && scheme.errors.contains("must have more than white space"), "\(scheme)")
        let limit = try sends(to: "27821234567", "--limit", "10001")
        #expect(limit.exit == .code(64) && limit.errors.contains("--limit must be from 0 to 10000, not 10001"))
        let unknown = try server.command("database", "reindex", "--organisation", "None")
        #expect(unknown.exit == .code(1) && unknown.errors.contains("organisation \"None\" does not exist"))
    }

    @Test func `without an index, the command says how far it is, and the server makes the index again`() throws {
        #expect(try server.stop() == .code(0))
        let recording = try Server(in: folder, database: server.database, arguments: ["--recipients-index", "off"])
        // More destinations than a search reads beyond the index.
        let sender = tenant.on(recording)
        for (id, count) in [("long", 4_200_000), ("other", 2_000_000)] {
            let body = LargeBodies.log(id, destinations: LargeBodies.destinations(count))
            #expect(try sender.request("POST", "/send-logs", body: body).status == 201)
        }
        try sender.record(SampleLog(id: "short", destinations: ["27821234567"]))
        let refused = try sender.post("/send-logs/search", #"{"find":{"destination":"27821234567"}}"#)
        try expectFailure(refused, 503, "unavailable", says: "recipients.index")
        #expect(try recording.stop() == .code(0))
        for _ in 0..<2 {
            let behind = try sends(to: "27821234567")
            #expect(behind.exit == .code(1) && behind.output.isEmpty, "\(behind)")
            #expect(behind.errors.contains("the recipient index has 0 % of the send logs"), "\(behind)")
            let indexing = try Server(in: folder, database: server.database)
            let isIndexed = try Deadline.poll(for: 120) { try sends(to: "27821234567").exit == .code(0) }
            #expect(isIndexed, "\(indexing.process.errors)")
            #expect(try json(to: "27821234567")["send_logs"].elements.map(\.["_id"].string) == ["short"])
            #expect(try indexing.stop() == .code(0))
            let reset = try server.command("database", "reindex", "--organisation", tenant.name).succeeded()
            #expect(reset.output == "Deleted the recipient index of 1 organisation.\n")
            #expect(reset.errors.contains("sendlog_recipient_index_behind_send_logs"))
        }
        _ = try server.command("organisation", "create", "Another").succeeded()
        let both = try server.command("database", "reindex").succeeded()
        #expect(both.output == "Deleted the recipient index of 2 organisations.\n")
    }
}
