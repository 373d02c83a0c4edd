import ArgumentParser
import Foundation
import SendLogCore
import SendLogServer
import SendLogServices

/// Creates keys.
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
            completion: .list(Permission.known.map(\.description)),
            transform: KeyCommand.permission
        )
        var permissions: [Permission]

        @Option(help: "The name of the key.", transform: Self.name)
        var name = ""

        @Option(
            help: ArgumentHelp(
                """
                When the key expires: after 90d, 12h or 30m, or at a date such as 2027-01-31, which is midnight UTC, or a time \
                such as 2027-01-31T17:30:00+02:00.
                """,
                valueName: "when"
            ),
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
            if let unit = text.last.flatMap({ units[$0] }), text.wholeMatch(of: /-?[0-9]+[dhm]/) != nil {
                guard let count = Int64(text.dropLast()), (1...1_000_000).contains(count) else {
                    throw ValidationError("it must be from 1 to 1,000,000 days, hours or minutes")
                }
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

    /// Creates a key, prints the key on standard output, and prints its description on standard error.
    ///
    /// - Throws: ``CommandFailure`` if standard output cannot be written; the key is revoked then.
    static func create(
        _ new: NewAPIKey,
        for organisation: DirectoryEntry,
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
            do { _ = try await store.revokeKey(key.id, in: organisation.id, at: now) } catch let revocation {
                throw CommandFailure("\(error); \(key.id) exists and could not be revoked: \(revocation)")
            }
            throw CommandFailure("\(error); \(key.id) was revoked")
        }
    }
}
