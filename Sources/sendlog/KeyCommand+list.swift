import ArgumentParser
import SendLogCore
import SendLogServer
import SendLogServices

/// Lists keys.
extension KeyCommand {
    /// Lists the keys of an organisation.
    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List the keys of an organisation.")

        @OptionGroup var organisation: OrganisationOption

        @Flag(help: "Print a JSON array.")
        var json = false

        @OptionGroup var database: DatabaseOptions

        private struct Line: Encodable {
            let id: String
            let name: String
            let permissions: [String]
            let state: String
            let created: String
            let expires: String?
            let revoked: String?
            let lastUsed: String?
        }

        func run() async throws {
            try await database.withStore { store, _ in
                let now = ServiceClock.now()
                let organisation = try await organisation.find(in: store)
                let lines = try await store.keys(in: organisation.id).map { key in
                    Line(
                        id: key.id.description,
                        name: key.name,
                        permissions: key.permissions.map(\.description),
                        state: key.revoked != nil ? "revoked" : key.isValid(at: now) ? "valid" : "expired",
                        created: key.created.description,
                        expires: key.expires?.description,
                        revoked: key.revoked?.description,
                        lastUsed: key.lastUsed?.description
                    )
                }
                if json { return try Terminal.json(lines) }
                if lines.isEmpty { return Terminal.say("There are no keys yet; create one with sendlog key create.") }
                try Terminal.table(
                    ["ID", "STATE", "PERMISSIONS", "CREATED", "EXPIRES", "LAST USED", "NAME"],
                    lines.map { line in
                        [
                            line.id, line.state, line.permissions.joined(separator: " "), line.created,
                            line.expires ?? "never", line.lastUsed ?? "never", line.name,
                        ]
                    }
                )
            }
        }
    }
}
