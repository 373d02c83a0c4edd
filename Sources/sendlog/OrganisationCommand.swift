import ArgumentParser
import SendLogCore
import SendLogServer

/// Adds, changes and lists organisations.
struct OrganisationCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "organisation",
        abstract: "Create, change and list organisations; each has its own send logs, keys and webhooks.",
        subcommands: [Create.self, Change.self, List.self]
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
            try await database.withStore(createIfMissing: true) { store, location in
                let key = NewAPIKey(name: "", permissions: permissions, expires: nil)
                let now = ServiceClock.now()
                let organisation = try await create(in: store, at: now)
                guard key.permissions.isEmpty else {
                    Terminal.say("Created organisation \"\(organisation.name)\".")
                    return try await KeyCommand.create(key, for: organisation, in: store, at: now)
                }
                Terminal.say("Created organisation \"\(organisation.name)\". Create a key for it:")
                let quoted = ShellText.quoted(name.description)
                let flags = database.flags(for: location)
                Terminal.say("  sendlog key create --organisation \(quoted) --permission sendLog\(flags)")
            }
        }

        private func create(in store: some OrganisationStore, at now: Timestamp) async throws -> Organisation {
            do {
                return try await store.createOrganisation(named: name, at: now)
            } catch StoreError.nameTaken {
                throw CommandFailure("an organisation named \(Naming.quoted(name.description)) already exists")
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
            let id: Int64
            let name: String
            let created: String
            let sends: Int
            let destinations: Int
            let callingCode: String?
        }

        func run() async throws {
            try await database.withStore { store, _ in
                let lines = try await store.organisations().map { organisation in
                    Line(
                        id: organisation.id.number,
                        name: organisation.name.description,
                        created: organisation.created.description,
                        sends: organisation.sends,
                        destinations: organisation.destinations,
                        callingCode: organisation.callingCode?.description
                    )
                }
                if json { return try Terminal.json(lines) }
                if lines.isEmpty {
                    return Terminal.say("There are no organisations yet; create one with sendlog organisation create.")
                }
                try Terminal.table(
                    ["NAME", "ID", "CREATED", "SENDS", "DESTINATIONS", "CALLING CODE"],
                    lines.map {
                        [
                            $0.name, "\($0.id)", $0.created, "\($0.sends)", "\($0.destinations)",
                            $0.callingCode ?? "none",
                        ]
                    }
                )
            }
        }
    }
}
