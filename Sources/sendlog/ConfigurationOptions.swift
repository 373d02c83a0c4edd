import ArgumentParser
import Foundation
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
