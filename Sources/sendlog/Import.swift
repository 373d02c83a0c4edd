import ArgumentParser
import SendLogContent
import SendLogCore
import SendLogServer

/// Records send logs from a file.
struct Import: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Record send logs from a file, one JSON object per line.",
        discussion: """
            The file may be compressed with gzip. Lines are recorded in batches; lines that are counted as recorded are durable. Run an interrupted import again: lines with \
            an _id are not recorded twice, lines without one are. An invalid line does not affect other lines: it is reported on \
            standard error, and the exit code is 2.
            """
    )

    @Argument(
        help: "The file, as it is or compressed with gzip; or - for standard input.",
        completion: .file(extensions: ["ndjson", "jsonl", "gz"])
    )
    var file: String

    @OptionGroup var organisation: OrganisationOption

    @OptionGroup var database: DatabaseOptions

    func run() async throws {
        try await database.withStore { store, location in
            let organisation = try await organisation.find(in: store)
            let input = try InputFile(file)
            let spoolFolder = location.spoolFolder
            let context = ParserContext(ids: SendLogIDSource(), spoolFolder: spoolFolder, now: ServiceClock.now)
            var lines = SendLogImport(into: organisation.id, of: store, context: context)
            let activeWebhooks = try await store.webhooks(in: organisation.id).filter(\.definition.isActive).count
            if activeWebhooks > 0 {
                Terminal.say("Active webhooks that will deliver the imported send logs: \(activeWebhooks).")
            }
            var progress = Progress(of: "imported", unit: .bytes)
            let report: ImportReport
            do {
                report = try await Self.read(input, into: &lines, progress: &progress)
            } catch {
                await lines.abandon()
                progress.end()
                Terminal.say(
                    "Interrupted; recorded so far: \(lines.report.recorded). Run the import again: lines with an _id are not recorded twice."
                )
                throw error
            }
            progress.end()
            for error in report.errors { Terminal.say("line \(error.line): \(error.message)") }
            if report.failed > report.errors.count {
                Terminal.say("… and \(report.failed - report.errors.count) more invalid lines")
            }
            try Terminal.result("recorded \(report.recorded), existing \(report.existing), failed \(report.failed)")
            if report.failed > 0 { throw ExitCode(2) }
        }
    }

    private static func read(
        _ input: InputFile,
        into lines: inout SendLogImport,
        progress: inout Progress
    ) async throws -> ImportReport {
        var input = input
        while let piece = try input.next() {
            var offset = 0
            while offset < piece.count {
                offset += try piece.withUnsafeBufferPointer { bytes throws(StoreError) in
                    try lines.parse(UnsafeBufferPointer(rebasing: bytes[offset...]))
                }
                if lines.isBatchFull { try await lines.flush() }
            }
            progress.advance(to: input.position, of: input.size)
        }
        return try await lines.finish()
    }
}
