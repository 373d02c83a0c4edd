import ArgumentParser
import Foundation
import SendLogServer

/// The options of every command that reads the configuration.
struct ConfigurationOptions: ParsableArguments {
    @Option("file", "A JSON file with settings; or set SENDLOG_CONFIG.", completion: .file())
    var config: String?

    /// Returns the sources of settings, including the command's flags; the server logs the warnings instead.
    ///
    /// The values of all settings are checked, also of those that the command does not use.
    ///
    /// - Throws: ``ConfigurationError`` for an invalid value or file, and for unknown names.
    func sources(flags: [Setting: String?] = [:], printsWarnings: Bool = true) throws -> ConfigurationSources {
        let sources = try ConfigurationSources(
            flags: flags.compactMapValues { $0 },
            environment: ProcessInfo.processInfo.environment,
            file: config
        )
        if printsWarnings { for warning in sources.warnings { Terminal.say("Warning: \(warning)") } }
        _ = try ServiceConfiguration(sources)
        return sources
    }
}

extension Option where Value == String? {
    /// Creates an option of text: the name of its value in the help, such as `seconds`, and the help.
    init(_ valueName: String, _ help: String, completion: CompletionKind? = nil) {
        self.init(help: ArgumentHelp(help, valueName: valueName), completion: completion)
    }
}
