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
                    return try await KeyCommand.create(key, for: organisation.entry, in: store, at: now)
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
            /// `nil` if the organisation's node is unavailable.
            let sends: Int?
            let destinations: Int?
            let callingCode: String?

            init(_ entry: DirectoryEntry, _ organisation: Organisation?) {
                (id, name, created) = (entry.id.number, entry.name.description, entry.created.description)
                (sends, destinations) = (organisation?.sends, organisation?.destinations)
                callingCode = entry.callingCode?.description
            }
        }

        func run() async throws {
            try await database.withStore { store, _ in
                let (lines, failure) = try await Self.lines(store)
                try show(lines)
                if let failure {
                    let missing = lines.count { $0.sends == nil }
                    Terminal.say("Error: the counts of \(missing) organisations cannot be read: \(failure)")
                    throw ExitCode.failure
                }
            }
        }

        /// Returns the lines of all organisations, and why the counts of some are missing.
        private static func lines(_ store: some OrganisationStore) async throws -> ([Line], String?) {
            do throws(StoreError) {
                return (try await store.organisations().map { Line($0.entry, $0) }, nil)
            } catch {
                guard case .unavailable(_, let detail) = error else { throw error }
                // On Citus, one node may be down: each organisation is asked for on its own.
                var lines: [Line] = []
                for entry in try await store.directory() {
                    lines.append(Line(entry, try? await store.organisation(entry.id)))
                }
                return (lines, lines.contains { $0.sends == nil } ? detail : nil)
            }
        }

        private func show(_ lines: [Line]) throws {
            if json { return try Terminal.json(lines) }
            if lines.isEmpty {
                return Terminal.say("There are no organisations yet; create one with sendlog organisation create.")
            }
            try Terminal.table(
                ["NAME", "ID", "CREATED", "SENDS", "DESTINATIONS", "CALLING CODE"],
                lines.map {
                    [
                        $0.name, "\($0.id)", $0.created, $0.sends.map { "\($0)" } ?? "unknown",
                        $0.destinations.map { "\($0)" } ?? "unknown", $0.callingCode ?? "none",
                    ]
                }
            )
        }
    }
}
