import ArgumentParser
import Foundation
import SendLogCore
import SendLogServer

/// What every command takes that can be configured.
struct ConfigurationOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("A JSON file with settings. Also SENDLOG_CONFIG.", valueName: "file"),
        completion: .file()
    )
    var config: String?

    /// The configuration's sources, flags of the command included.
    func sources(flags: [Setting: String?] = [:]) async throws -> ConfigurationSources {
        try await ConfigurationSources(
            flags: flags.compactMapValues { $0 },
            environment: ProcessInfo.processInfo.environment,
            file: config
        )
    }
}

/// What every command that needs the database takes.
struct DatabaseOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The database: sqlite: and the path of a file, or postgres://USER@HOST/NAME. Also SENDLOG_DATABASE. (default: sqlite:sendlog.db)",
            valueName: "location"
        )
    )
    var database: String?

    @OptionGroup var configuration: ConfigurationOptions

    /// The configuration's sources, flags of the command included.
    func sources(flags: [Setting: String?] = [:]) async throws -> ConfigurationSources {
        try await configuration.sources(flags: flags.merging([.database: database]) { $1 })
    }

    /// Opens the database, runs the body with it, and closes it.
    ///
    /// A database that is not there is most often a wrong path: it is made only where the command is for that.
    func withStore(making: Bool = false, _ body: (any Store, DatabaseLocation) async throws -> Void) async throws {
        try await Terminal.explainingFailures {
            let sources = try await sources()
            for warning in sources.warnings { Terminal.say("Warning: \(warning)") }
            let location = try DatabaseLocation(sources)
            let store = try location.open(making: making)
            defer { store.close() }
            try await body(store, location)
        }
    }
}

/// Names the organisation that a command is about.
struct OrganisationOption: ParsableArguments {
    @Option(help: ArgumentHelp("The organisation's name.", valueName: "name"))
    var organisation: String

    func find(in store: some Directory) async throws -> Organisation {
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
            "there is no organisation \"\(organisation)\"\(hint ?? "; sendlog organisation list names those there are")"
        )
    }
}
