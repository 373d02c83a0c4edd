import ArgumentParser
import SendLogCore
import SendLogRecipients
import SendLogServer

/// The options of every command that uses the database.
struct DatabaseOptions: ParsableArguments {
    @Option(
        .database,
        "location",
        "The database: sqlite: and the path of a file, or postgres://USER@HOST/NAME; or set SENDLOG_DATABASE."
    )
    var database: String?

    @OptionGroup var configuration: ConfigurationOptions

    /// Returns the sources of settings; see ``ConfigurationOptions/sources(flags:printsWarnings:)``.
    func sources(flags: [Setting: String?] = [:], printsWarnings: Bool = true) throws -> ConfigurationSources {
        let flags = flags.merging([.database: database]) { $1 }
        return try configuration.sources(flags: flags, printsWarnings: printsWarnings)
    }

    /// Returns the flags that were given, for a command that is pasted into a shell; without the database's password.
    func flags(for location: DatabaseLocation) -> String {
        let isFile = database?.hasPrefix(DatabaseLocation.scheme) == true
        let given = [
            ("database", database.map { isFile ? $0 : location.description }), ("config", configuration.config),
        ]
        return given.map { name, value in value.map { " --\(name) \(ShellText.quoted($0))" } ?? "" }.joined()
    }

    /// Opens the database, runs the body with it, and closes it.
    ///
    /// A missing database usually means a wrong path, so only commands that create databases set `createIfMissing`.
    func withStore(
        createIfMissing: Bool = false,
        _ body: (any Store & RecipientIndexStore, DatabaseLocation) async throws -> Void
    ) async throws {
        try await Terminal.explainingFailures {
            let location = try DatabaseLocation(try sources())
            let store = try location.open(createIfMissing: createIfMissing) {
                Terminal.say("Created \($0) \(location).")
            }
            defer { store.close() }
            try await body(store, location)
        }
    }
}
