import Foundation
import TestSupport
import Testing

/// `sendlog import`, `sendlog database check` and `sendlog database backup`.
@Suite struct ImportCommandTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        _ = try sendlog("organisation", "create", "Example").succeeded()
    }

    private func sendlog(_ arguments: String..., input: String = "/dev/null") throws -> Command {
        try Command(TestPaths.binary, arguments + ["--database", "sqlite:\(folder.file("test.sqlite"))"], input: input)
    }

    private func lines(_ count: Int) -> String { (0..<count).map { SampleLog(id: "send-\($0)").json + "\n" }.joined() }

    @Test func `a file and standard input are imported alike`() throws {
        let file = try folder.write("logs.ndjson", lines(5000))
        let first = try sendlog("import", "--organisation", "Example", file).succeeded()
        #expect(first.output == "recorded 5000, existing 0, failed 0\n")
        #expect(first.errors.isEmpty, "progress is shown only on a terminal")
        let again = try sendlog("import", "--organisation", "Example", "-", input: file).succeeded()
        #expect(again.output == "recorded 0, existing 5000, failed 0\n")
        #expect(try sendlog("database", "check").succeeded().output == "ok\n")
    }

    @Test func `a gzip file is imported under any name and from standard input, with exact line numbers`() throws {
        let text = lines(3000) + "bad\n" + "\u{feff}\(SampleLog(id: "last").json)\n"
        // Two members, as of files that were joined.
        try folder.write(
            try Gzip.compressed(text) + Gzip.compressed("\(SampleLog(id: "more").json)\nworse"),
            to: "logs.gz"
        )
        try folder.write(try folder.bytes("logs.gz"), to: "logs.ndjson")
        let first = try sendlog("import", "--organisation", "Example", folder.file("logs.gz"))
        #expect(first.exit == .code(2))
        #expect(first.output == "recorded 3002, existing 0, failed 2\n")
        #expect(first.errors.contains("line 3001: the line is not valid JSON"))
        #expect(first.errors.contains("line 3004: the line is not valid JSON"))
        for (file, input) in [(folder.file("logs.ndjson"), "/dev/null"), ("-", folder.file("logs.gz"))] {
            let again = try sendlog("import", "--organisation", "Example", file, input: input)
            #expect(again.output == "recorded 0, existing 3002, failed 2\n", "\(again)")
        }
    }

    @Test func `a file that cannot be read is named with the system's reason`() throws {
        let missing = try sendlog("import", "--organisation", "Example", folder.file("none.ndjson"))
        let reason = "cannot be read: No such file or directory"
        #expect(missing.errors == "Error: \(folder.file("none.ndjson")) \(reason)\n" && missing.exit == .code(1))
        let isFolder = try sendlog("import", "--organisation", "Example", folder.path)
        #expect(isFolder.errors == "Error: \(folder.path) is a folder; give the path of a file\n")
    }

    @Test func `a damaged gzip file ends the import, and what was recorded before stays`() throws {
        let whole = try Gzip.compressed(lines(12_000))
        var damaged = whole
        damaged[whole.count - 8] ^= 1
        for (number, bytes) in [Array(whole.dropLast(100)), damaged, whole + [0]].enumerated() {
            try folder.write(bytes, to: "logs.gz")
            let run = try sendlog("import", "--organisation", "Example", folder.file("logs.gz"))
            #expect(run.exit == .code(1), "\(run)")
            #expect(run.output.isEmpty)
            // Two full batches of 5,000 lines.
            #expect(run.errors.contains("recorded so far: \(number == 0 ? 10_000 : 0)."), "\(run)")
            #expect(run.errors.contains("Error: the file is not valid gzip: "), "\(run)")
        }
        try folder.write(whole, to: "logs.gz")
        let again = try sendlog("import", "--organisation", "Example", folder.file("logs.gz")).succeeded()
        #expect(again.output == "recorded 2000, existing 10000, failed 0\n")
        #expect(try sendlog("database", "check").succeeded().output == "ok\n")
    }

    @Test func `bad lines are reported, good lines are recorded, and the exit code is 2`() throws {
        let file = try folder.write(
            "logs.ndjson",
            "\(SampleLog(id: "a").json)\nbad\n\(SampleLog(id: "b").json("message", "1"))\n\(SampleLog(id: "c").json)"
        )
        let run = try sendlog("import", "--organisation", "Example", file)
        #expect(run.exit == .code(2))
        #expect(run.output == "recorded 2, existing 0, failed 2\n")
        #expect(run.errors.contains("line 2: "))
        #expect(run.errors.contains("line 3: message "))
    }

    @Test func `control characters of a file are escaped in messages`() throws {
        let name = #"\u001b]0;title\u0007\u001b[2J\u202egnp\u009b31m\r"#
        let file = try folder.write("logs.ndjson", #"{"_id":"a","\#(name)":1}"#)
        let run = try sendlog("import", "--organisation", "Example", file)
        #expect(run.exit == .code(2))
        let shown = run.errors.unicodeScalars.filter { $0 != "\n" }
        #expect(shown.allSatisfy { ($0.value >= 0x20 && $0.value < 0x7f) || $0.value > 0x9f })
        #expect(!shown.contains { (0x202a...0x202e).contains($0.value) }, "\(run.errors)")
        #expect(run.errors.contains(#"\u001b]0;title\u0007"#), "\(run.errors)")
    }

    @Test func `1,000 bad lines are counted, and the first 100 are reported`() throws {
        let file = try folder.write("logs.ndjson", String(repeating: "bad\n", count: 1000))
        let run = try sendlog("import", "--organisation", "Example", file)
        #expect(run.exit == .code(2))
        #expect(run.output == "recorded 0, existing 0, failed 1000\n")
        #expect(run.errors.contains("line 100: "))
        #expect(!run.errors.contains("line 101: "))
        #expect(run.errors.contains("900 more"))
    }

    @Test func `an unreadable file and an unknown organisation are refused`() throws {
        let missing = try sendlog("import", "--organisation", "Example", folder.file("nothing.ndjson"))
        #expect(missing.exit == .code(1))
        #expect(missing.errors.contains("nothing.ndjson"))
        let directory = try sendlog("import", "--organisation", "Example", folder.path)
        #expect(directory.exit == .code(1))
        let file = try folder.write("logs.ndjson", lines(1))
        let unknown = try sendlog("import", "--organisation", "Unknown", file)
        #expect(unknown.exit == .code(1))
        #expect(unknown.errors.contains("Unknown"))
        for refused in [missing, directory, unknown] { #expect(refused.output.isEmpty) }
    }

    @Test(
        arguments: [
            ([0x28, 0xb5, 0x2f, 0xfd], "this is zstd; decompress it first: zstdcat"),
            ([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0], "this is xz; decompress it first: xzcat"),
            (Array("BZh9".utf8), "this is bzip2; decompress it first: bzcat"),
            (Array("PK\u{3}\u{4}".utf8), "this is a ZIP archive; unpack it first: unzip -p"),
            ([0xff, 0xfe, 0x7b, 0], "this is UTF-16; convert it first: iconv -f UTF-16 -t UTF-8"),
            ([0x7b, 0, 0x22, 0], "this is UTF-16; convert it first: iconv -f UTF-16 -t UTF-8"),
        ] as [([UInt8], String)]
    )
    func `a file in another format is refused once, with the command that converts it`(
        head: [UInt8],
        problem: String
    ) throws {
        let line = Array("0123456789\n".utf8)
        try folder.write(head + (0..<200).flatMap { _ in line }, to: "logs.ndjson")
        let file = folder.file("logs.ndjson")
        let named = try sendlog("import", "--organisation", "Example", file)
        #expect(named.errors == "Error: \(problem) '\(file)' | sendlog import … -\n")
        let piped = try sendlog("import", "--organisation", "Example", "-", input: file)
        let whole = problem.hasSuffix("-p") ? "\(problem) FILE" : problem
        #expect(piped.errors == "Error: \(whole) | sendlog import … -\n")
        for refused in [named, piped] { #expect(refused.exit == .code(1) && refused.output.isEmpty, "\(refused)") }
    }

    @Test func `another format within gzip is refused once, with the commands that convert it`() throws {
        let text = lines(200)
        let utf16 = "\u{feff}\(text)".utf16.flatMap { [UInt8($0 & 0xff), UInt8($0 >> 8)] }
        for (content, problem, converter) in [
            (try Gzip.compressed(text), "this is compressed twice; decompress it first", ""),
            (utf16, "this is UTF-16 within gzip; convert it first", " | iconv -f UTF-16 -t UTF-8"),
            (Array("BZh9\(text)".utf8), "this is bzip2 within gzip; decompress it first", " | bzcat"),
            (Array("PK\u{3}\u{4}".utf8), "this is a ZIP archive within gzip; unpack it first", " | funzip"),
        ] {
            try folder.write(try Gzip.compressed(content), to: "logs.gz")
            let file = folder.file("logs.gz")
            let named = try sendlog("import", "--organisation", "Example", file)
            #expect(named.errors == "Error: \(problem): gzip -dc '\(file)'\(converter) | sendlog import … -\n")
            let piped = try sendlog("import", "--organisation", "Example", "-", input: file)
            #expect(piped.errors == "Error: \(problem): gzip -dc\(converter) | sendlog import … -\n")
            for refused in [named, piped] { #expect(refused.exit == .code(1) && refused.output.isEmpty, "\(refused)") }
        }
        // The commands of the errors.
        for (content, converter, counts) in [
            (try Gzip.compressed(text), "", "recorded 200, existing 0"),
            (utf16, "| iconv -f UTF-16 -t UTF-8", "recorded 0, existing 200"),
        ] {
            try folder.write(try Gzip.compressed(content), to: "logs.gz")
            let pipe = "cd '\(folder.path)'; gzip -dc logs.gz \(converter) | \"$0\" \"$@\""
            let flags = ["import", "--organisation", "Example", "--database", "sqlite:test.sqlite", "-"]
            let command = try Command("/bin/sh", ["-c", pipe, TestPaths.binary] + flags)
            #expect(try command.succeeded().output == "\(counts), failed 0\n")
        }
    }

    @Test func `a gzip file can be empty, or shorter than the bytes that show a format`() throws {
        for (text, failed) in [("", 0), ("bad", 1)] {
            try folder.write(try Gzip.compressed(text), to: "logs.gz")
            let run = try sendlog("import", "--organisation", "Example", folder.file("logs.gz"))
            #expect(run.output == "recorded 0, existing 0, failed \(failed)\n", "\(run)")
        }
    }

    @Test func `check reports damage and exits with 1`() throws {
        let file = try folder.write("logs.ndjson", lines(50))
        _ = try sendlog("import", "--organisation", "Example", file).succeeded()
        #expect(try sendlog("database", "check").succeeded().output == "ok\n")
        let clean = try Data(contentsOf: URL(filePath: folder.file("test.sqlite")))
        for damage in [
            "UPDATE organisation_days SET sends = sends + 1",
            "UPDATE campaign_days SET destinations = destinations + 1",
            "DELETE FROM send_logs WHERE id = 'send-7'", "UPDATE organisations SET sequence = sequence + 1",
            "UPDATE organisations SET destinations = 0",
            "UPDATE destination_chunks SET crc = crc + 1 WHERE place % 7 = 3",
            "DELETE FROM destination_chunks WHERE place % 50 = 5",
            "UPDATE send_logs SET destinations = 3 WHERE id = 'send-9'",
            "UPDATE send_logs SET record = CAST(replace(CAST(record AS TEXT), 'Hi', 'Ho') AS BLOB) WHERE id = 'send-3'",
            "DELETE FROM organisation_days",
        ] {
            try clean.write(to: URL(filePath: folder.file("test.sqlite")))
            _ = try Command.tool("sqlite3", folder.file("test.sqlite"), damage).succeeded()
            let check = try sendlog("database", "check")
            #expect(check.exit == .code(1), "\(damage): \(check)")
            #expect(!check.output.isEmpty && check.output != "ok\n", "\(damage)")
        }
    }

    @Test func `a backup made while the server records is complete`() throws {
        let server = try Server()
        let tenant = try server.tenant()
        let recorder = try Recorder(in: tenant) { SampleLog(id: "send-\($0)") }
        #expect(try Deadline.poll(for: 60) { try tenant.total() > 20 })
        let copy = server.folder.file("copy.sqlite")
        let before = try tenant.total()
        _ = try server.command("database", "backup", copy).succeeded()
        let recorded = try recorder.stop()
        let again = try server.command("database", "backup", copy)
        #expect(again.exit == .code(1))
        #expect(again.errors.contains("copy.sqlite"))

        let restored = try Server(in: server.folder, path: "copy.sqlite")
        let total = try tenant.on(restored).total()
        #expect((before...recorded).contains(total))
        #expect(try restored.command("database", "check").succeeded().output == "ok\n")
    }
}
