import ArgumentParser
import SendLogCore
import SendLogRecipients
import SendLogServer

/// Resets the recipient index.
struct DatabaseReindex: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reindex",
        abstract: "Delete the recipient index, which the server then makes again.",
        discussion: """
            The server may be running. It makes the index again in the background; while much of it is missing, searches by recipient \
            are answered with 503 and the progress. The metric sendlog_recipient_index_behind_send_logs shows the progress too.
            """
    )

    @Option(
        help: ArgumentHelp("The organisation's name; all organisations if it is not given.", valueName: "name"),
        transform: OrganisationOption.name
    )
    var organisation: OrganisationName?

    @OptionGroup var database: DatabaseOptions

    func run() async throws {
        try await database.withStore { store, _ in
            let organisations: [DirectoryEntry]
            if let organisation {
                organisations = [try await OrganisationOption.find(organisation, in: store)]
            } else {
                organisations = try await store.directory()
            }
            for organisation in organisations { try await store.resetRecipientIndex(in: organisation.id) }
            let count = organisations.count
            try Terminal.result("Deleted the recipient index of \(count) organisation\(count == 1 ? "" : "s").")
            Terminal.say(
                """
                A server whose setting recipients.index is on makes them again in the background. The metric \
                sendlog_recipient_index_behind_send_logs of /metrics shows how many send logs are missing.
                """
            )
        }
    }
}
