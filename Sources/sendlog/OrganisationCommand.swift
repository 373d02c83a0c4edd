import ArgumentParser
import SendLogCore
import SendLogServer

/// Adds and lists organisations.
struct OrganisationCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "organisation",
        abstract: "Create and list organisations; each has its own send logs, keys and webhooks.",
        subcommands: [Create.self, List.self]
    )

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Create an organisation.")

        @Argument(help: "The name of the organisation; it must be unique.", transform: OrganisationOption.name)
        var name: OrganisationName

        @Option(
            name: .customLong("permission"),
            help: "Also create a key with this permission, and print it; can be given several times.",
            completion: .list(Permission.known.map(\.description)),
            transform: KeyCommand.permission
        )
        var permissions: [Permission] = []

        @OptionGroup var database: DatabaseOptions

        func run() async throws {
            try await database.withStore(createIfMissing: true) { store, _ in
                let key = NewAPIKey(name: "", permissions: permissions, expires: nil)
                let now = ServiceClock.now()
                let organisation = try await store.createOrganisation(named: name, at: now)
                guard key.permissions.isEmpty else {
                    Terminal.say("Created organisation \"\(organisation.name)\".")
                    return try await KeyCommand.create(key, for: organisation, in: store, at: now)
                }
                Terminal.say("Created organisation \"\(organisation.name)\". Create a key for it:")
                let escaped = name.description.replacing("'", with: #"'\''"#)
                Terminal.say("  sendlog key create --organisation '\(escaped)' --permission sendLog")
            }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List organisations with their counts of sends and destinations."
        )

        @Flag(help: "Print a JSON array.")
        var json = false

        @OptionGroup var database: DatabaseOptions

        private struct Line: Encodable {
            let name: String
            let created: String
            let sends: Int
            let destinations: Int
        }

        func run() async throws {
            try await database.withStore { store, _ in
                let lines = try await store.organisations().map { organisation in
                    Line(
                        name: organisation.name.description,
                        created: organisation.created.description,
                        sends: organisation.sends,
                        destinations: organisation.destinations
                    )
                }
                if json { return try Terminal.json(lines) }
                if lines.isEmpty {
                    return Terminal.say("There are no organisations yet; create one with sendlog organisation create.")
                }
                try Terminal.table(
                    ["NAME", "CREATED", "SENDS", "DESTINATIONS"],
                    lines.map { [$0.name, $0.created, "\($0.sends)", "\($0.destinations)"] }
                )
            }
        }
    }
}
