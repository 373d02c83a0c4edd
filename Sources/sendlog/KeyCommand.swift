import ArgumentParser
import Foundation
import SendLogCore
import SendLogServer
import SendLogServices

/// Creates, lists and revokes API keys.
struct KeyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "key",
        abstract: "Create, list and revoke API keys.",
        subcommands: [Create.self, List.self, Revoke.self]
    )

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
            completion: .list(Permission.known.map(\.description)),
            transform: KeyCommand.permission
        )
        var permissions: [Permission]

        @Option(help: "The name of the key.", transform: Self.name)
        var name = ""

        @Option(
            help: ArgumentHelp("When the key expires: 90d, 12h, 30m, or a date such as 2027-01-31.", valueName: "when"),
            transform: Self.expiry
        )
        var expires: Timestamp?

        @OptionGroup var database: DatabaseOptions

        func run() async throws {
            try await database.withStore { store, _ in
                let new = NewAPIKey(name: name, permissions: permissions, expires: expires)
                try await KeyCommand.create(new, for: organisation.find(in: store), in: store, at: ServiceClock.now())
            }
        }

        private static func name(_ text: String) throws -> String {
            guard NewAPIKey.accepts(name: text) else { throw ValidationError("it \(NewAPIKey.nameRule)") }
            return text
        }

        private static func expiry(_ text: String) throws -> Timestamp {
            let now = ServiceClock.now()
            let units: [Character: Int64] = ["d": Day.milliseconds, "h": 3_600_000, "m": 60_000]
            let moment: Timestamp?
            if let unit = text.last.flatMap({ units[$0] }), let count = Int64(text.dropLast()),
                (1...1_000_000).contains(count)
            {
                moment = Timestamp(milliseconds: now.milliseconds + count * unit)
            } else {
                moment = Timestamp(rfc3339: text)
            }
            guard let moment else {
                let rule = "must be 90d, 12h, 30m, or a date such as 2027-01-31"
                throw ValidationError("it \(Timestamp.hint(for: text) ?? rule)")
            }
            guard moment > now else { throw ValidationError("it is in the past") }
            return moment
        }
    }

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

    /// Revokes an API key.
    struct Revoke: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Revoke a key permanently; servers reject it within five seconds."
        )

        @OptionGroup var organisation: OrganisationOption

        @Argument(help: "The key's ID, such as key_3; see sendlog key list.", transform: Self.id)
        var id: APIKeyID

        @OptionGroup var database: DatabaseOptions

        func run() async throws {
            try await database.withStore { store, _ in
                let organisation = try await organisation.find(in: store)
                do {
                    let key = try await store.revokeKey(id, in: organisation.id, at: ServiceClock.now())
                    Terminal.say("Revoked \(key.id) of \"\(organisation.name)\".")
                } catch StoreError.notFound {
                    throw CommandFailure(
                        "\"\(organisation.name)\" has no key \(id); run sendlog key list to see its keys"
                    )
                }
            }
        }

        private static func id(_ text: String) throws -> APIKeyID {
            guard let id = APIKeyID(text) else {
                throw ValidationError("it must have the form key_3; run sendlog key list to see the IDs")
            }
            return id
        }
    }

    /// Creates a key, prints the key on standard output, and prints its description on standard error.
    ///
    /// - Throws: ``CommandFailure`` if standard output cannot be written; the key is revoked then.
    static func create(
        _ new: NewAPIKey,
        for organisation: Organisation,
        in store: some KeyStore,
        at now: Timestamp
    ) async throws {
        let text = KeyText.random()
        let key = try await store.createKey(new, hash: text.hash, in: organisation.id, at: now)
        let until = key.expires.map { ", until \($0)" } ?? ""
        let permissions = key.permissions.map(\.description).joined(separator: ", ")
        Terminal.say(
            "Created \(key.id) for \"\(organisation.name)\" with \(permissions)\(until). It is shown only once:"
        )
        // Ignores SIGPIPE: a closed pipe must fail the write, not end the process.
        signal(SIGPIPE, SIG_IGN)
        do {
            try Terminal.result(text.text)
        } catch {
            // The key was not shown, and cannot be shown again.
            _ = try await store.revokeKey(key.id, in: organisation.id, at: now)
            throw CommandFailure("\(error); \(key.id) was revoked")
        }
    }

    /// Parses a value of `--permission`.
    static func permission(_ name: String) throws -> Permission {
        if let known = Permission.known.first(where: { $0.description == name }) { return known }
        let names = Permission.known.map(\.description)
        let hint = NearestName.to(name, among: names).map { "; did you mean \($0)?" }
        throw ValidationError("it is unknown\(hint ?? "; valid values are \(names.joined(separator: ", "))")")
    }
}
