import ArgumentParser
import SendLogServer

/// Looks for what an operator should change.
struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Check the database, its files and the settings, and say what to do.",
        discussion: """
            Looks at file modes, free space, the last backup, the WAL, the limit of open files, the listening address, stored times, \
            webhooks, keys and, quickly, at damage; sendlog database check checks all of the database. The server may be running. \
            Nothing is created or changed. Run it as the user that runs the server, with the same flags, variables and file.

            Prints two lines for each finding: what is wrong, and what to do; or ok if there is none. The exit code is 0 without findings \
            or with notes, 1 with warnings, and 2 with problems; it is 64 if the settings are not valid.
            """
    )

    @Flag(help: "Print a JSON array.")
    var json = false

    // A negative number looks like an option.
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("The largest age of the last backup; 0 if other programs make backups.", valueName: "days")
    )
    var maxBackupAge = 7

    @OptionGroup var options: ServerOptions

    func validate() throws {
        guard maxBackupAge >= 0 else {
            throw ValidationError("--max-backup-age must be 0 or more, not \(maxBackupAge)")
        }
    }

    func run() async throws {
        try await Terminal.explainingFailures {
            let configuration: ServiceConfiguration
            do { configuration = try ServiceConfiguration(try options.sources()) } catch let error as ConfigurationError
            {
                if json { try Terminal.json([Doctor.finding(error)]) }
                throw error
            }
            let findings = Doctor(configuration, maxBackupAge: maxBackupAge).findings()
            if json { try Terminal.json(findings) } else { try show(findings) }
            switch findings.map(\.severity).max() {
            case nil, .note?: break
            case .warning?: throw ExitCode(1)
            case .problem?: throw ExitCode(2)
            }
        }
    }

    private func show(_ findings: [DoctorFinding]) throws {
        for finding in findings {
            // A message of the system may have several lines.
            let lines = [finding.message, finding.advice].map {
                $0.split(whereSeparator: \.isNewline).joined(separator: "; ")
            }
            try Terminal.result("\(finding.severity.rawValue): \(lines[0])\n  \(lines[1])")
        }
        if findings.isEmpty { try Terminal.result("ok") }
    }
}
