import ArgumentParser
import SendLogCore
import SendLogServer

/// Defines the command `sendlog key create`.
extension KeyCommand {
    /// Creates an API key.
    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Create an API key.",
            discussion: """
                Only the key is printed on standard output. It is shown only once, because only its hash is stored.

                Permissions: sendLog.read to search and read, sendLog.create to record, sendLog for both; campaign.read, campaign.update and \
                campaign; apiKey.read, apiKey.create, apiKey.revoke and apiKey; webhook.read, webhook.create, \
                webhook.update, webhook.delete and webhook; * for everything.
                """
        )

        @OptionGroup var organisation: OrganisationOption

        @Option(
            name: .customLong("permission"),
            help: "A permission of the key; can be given several times.",
            completion: .list(Permission.known.map(\.description))
        )
        var permissions: [String]

        @Option(help: "The name of the key.")
        var name = ""

        @Option(
            help: ArgumentHelp(
                "When the key expires: 90d, 12h, 30m, or a date such as 2027-01-31.",
                valueName: "when"
            )
        )
        var expires: String?

        @OptionGroup var database: DatabaseOptions

        func run() async throws {
            try await database.withStore { store, _ in
                let now = ServiceClock.now()
                let new = NewAPIKey(
                    name: try Self.name(name),
                    permissions: try permissions.map(KeyCommand.permission),
                    expires: try expires.map { try Expiry.moment($0, now: now) }
                )
                try await KeyCommand.create(new, for: organisation.find(in: store), in: store, at: now)
            }
        }

        private static func name(_ name: String) throws -> String {
            guard NewAPIKey.accepts(name: name) else { throw CommandFailure("--name \(NewAPIKey.nameRule)") }
            return name
        }
    }
}
