import ArgumentParser
import Foundation
import SendLogCore
import SendLogServer

/// The options of every command that reads the configuration.
struct ConfigurationOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("A JSON file with settings; or set SENDLOG_CONFIG.", valueName: "file"),
        completion: .file()
    )
    var config: String?

    /// Returns the sources of settings, including the command's flags.
    ///
    /// - Parameters:
    ///   - flags: the values of the command's flags
    ///   - printsWarnings: whether to print warnings about the configuration; the server logs them instead
    /// - Returns: the sources.
    /// - Throws: ``ConfigurationError`` for an invalid file and for unknown names.
    func sources(flags: [Setting: String?] = [:], printsWarnings: Bool = true) async throws -> ConfigurationSources {
        let sources = try await ConfigurationSources(
            flags: flags.compactMapValues { $0 },
            environment: ProcessInfo.processInfo.environment,
            file: config
        )
        if printsWarnings { for warning in sources.warnings { Terminal.say("Warning: \(warning)") } }
        return sources
    }
}

/// The options of every command that uses the database.
struct DatabaseOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The database: sqlite: and the path of a file, or postgres://USER@HOST/NAME; or set SENDLOG_DATABASE. (default: sqlite:sendlog.db)",
            valueName: "location"
        )
    )
    var database: String?

    @OptionGroup var configuration: ConfigurationOptions

    /// Returns the sources of settings, including the command's flags.
    ///
    /// See ``ConfigurationOptions/sources(flags:printsWarnings:)``.
    func sources(flags: [Setting: String?] = [:], printsWarnings: Bool = true) async throws -> ConfigurationSources {
        let flags = flags.merging([.database: database]) { $1 }
        return try await configuration.sources(flags: flags, printsWarnings: printsWarnings)
    }

    /// Opens the database, runs the body with it, and closes it.
    ///
    /// A missing database usually means a wrong path, so only commands that create databases set `createIfMissing`.
    func withStore(createIfMissing: Bool = false, _ body: (any Store, DatabaseLocation) async throws -> Void)
        async throws
    {
        try await Terminal.explainingFailures {
            let location = try DatabaseLocation(try await sources())
            let store = try location.open(createIfMissing: createIfMissing)
            defer { store.close() }
            try await body(store, location)
        }
    }
}

/// The organisation that a command applies to.
struct OrganisationOption: ParsableArguments {
    @Option(help: ArgumentHelp("The organisation's name.", valueName: "name"))
    var organisation: String

    func find(in store: some OrganisationStore) async throws -> Organisation {
        guard let name = OrganisationName(organisation) else {
            throw CommandFailure("--organisation \(OrganisationName.rule)")
        }
        do {
            return try await store.organisation(named: name)
        } catch {
            guard error == .notFound else { throw error }
        }
        let names = try await store.organisations().map(\.name.description)
        let hint = NearestName.to(organisation, among: names).map { "; did you mean \"\($0)\"?" }
        throw CommandFailure(
            "organisation \"\(organisation)\" does not exist\(hint ?? "; run sendlog organisation list to see all")"
        )
    }
}
