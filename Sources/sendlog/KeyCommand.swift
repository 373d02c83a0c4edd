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
}

extension KeyCommand {
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
        Terminal.say(
            "Created \(key.id) for \"\(organisation.name)\" with \(key.permissions.described)\(until). It is shown only once:"
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
    ///
    /// - Throws: ``CommandFailure`` for an unknown permission.
    static func permission(_ name: String) throws -> Permission {
        if let known = Permission.known.first(where: { $0.description == name }) { return known }
        let names = Permission.known.map(\.description)
        let hint = NearestName.to(name, among: names).map { "; did you mean \($0)?" }
        throw CommandFailure(
            "--permission \(name) is unknown\(hint ?? "; valid values are \(names.joined(separator: ", "))")"
        )
    }
}

extension [Permission] {
    fileprivate var described: String { map(\.description).joined(separator: ", ") }
}
