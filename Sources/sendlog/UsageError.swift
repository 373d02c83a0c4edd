import ArgumentParser
import SendLogCore

/// An invalid command line, and the command or option that was probably meant.
///
/// ArgumentParser hints at options, but not at commands, and it reports a missing option before an unknown one:
/// `--organization` would be the missing `--organisation`.
enum UsageError {
    /// Explains an error of the parser on standard error if the command line is invalid.
    ///
    /// - Returns: the error to exit with, which is not explained again.
    static func explained(_ error: any Error, of root: any ParsableCommand.Type) -> any Error {
        let (code, arguments) = (root.exitCode(for: error), CommandLine.arguments.dropFirst())
        // ArgumentParser answers `organization --help` and `help organization` with the help of the whole program.
        let isHelp = code == .success && unknownCommand(in: arguments.filter { $0 != "help" }, of: root) != nil
        guard code == .validationFailure || isHelp, !(error is ExitCode) else { return error }
        let message = root.fullMessage(for: error)
        if let problem = unknownName(in: arguments.filter { !isHelp || $0 != "help" }[...], of: root) {
            let usage = message.split(separator: "\n").drop { !$0.hasPrefix("Usage:") }.joined(separator: "\n")
            Terminal.say("Error: \(problem)\n\(usage.isEmpty ? "Usage: \(root.usageString())" : usage)")
        } else {
            Terminal.say(message)
        }
        return ExitCode.validationFailure
    }

    /// Explains an invalid argument of a command on standard error.
    ///
    /// - Returns: the error to exit with, which is not explained again.
    static func explained(
        _ problem: String,
        of command: any ParsableCommand.Type,
        in root: any ParsableCommand.Type
    ) -> ExitCode {
        Terminal.say("Error: \(problem)\nUsage: \(root.usageString(for: command))")
        return .validationFailure
    }

    /// The options that can be given several times.
    private static let repeatable: Set = ["--permission"]

    /// Refuses an option that is given twice, of which ArgumentParser would silently ignore the first value.
    ///
    /// - Throws: `ValidationError` that names the option.
    static func refuseRepeatedOptions(in arguments: some Sequence<String>) throws {
        let options = arguments.prefix { $0 != "--" }
        if options.contains(where: ["--help", "-h"].contains) { return }
        var seen: Set<String> = []
        for argument in options where argument.hasPrefix("--") {
            let name = String(argument.prefix { $0 != "=" })
            guard repeatable.contains(name) || seen.insert(name).inserted else {
                throw ValidationError("\(name) was given twice; give it only once")
            }
        }
    }

    /// Returns a description of the first argument if it is not a command; `nil` if it is one, or an option.
    private static func unknownCommand(in arguments: [String], of root: any ParsableCommand.Type) -> String? {
        guard let first = arguments.first, !first.hasPrefix("-") else { return nil }
        return root.configuration.subcommands.contains { $0._commandName == first }
            ? nil : unknownName(in: arguments[...], of: root)
    }

    /// Returns a description of the first unknown command or option; `nil` if all are known.
    private static func unknownName(in arguments: ArraySlice<String>, of root: any ParsableCommand.Type) -> String? {
        var command = root
        var rest = arguments
        func subcommand() -> (any ParsableCommand.Type)? {
            command.configuration.subcommands.first { $0._commandName == rest.first }
        }
        while let next = subcommand() { (command, rest) = (next, rest.dropFirst()) }
        let commands = command.configuration.subcommands.map { $0._commandName }
        if !commands.isEmpty, let name = rest.first, !name.hasPrefix("-") {
            // ArgumentParser adds this command.
            if name == "help" { return nil }
            let all = "; the commands are \(commands.joined(separator: ", "))"
            return "unknown command \(name)\(hint(name, among: commands) ?? all)"
        }
        let given = rest.prefix { $0 != "--" }.filter { $0.hasPrefix("--") }.map { String($0.prefix { $0 != "=" }) }
        let known = options(of: command, in: root)
        // A group of commands has few options; the one of its commands that is often misspelt is named too.
        let meant = commands.isEmpty ? known : known + ["--organisation"]
        return given.first { !known.contains($0) }.map { "unknown option \($0)\(hint($0, among: meant) ?? "")" }
    }

    /// Returns the options of a command, those of ArgumentParser and hidden ones too, as the help lists them.
    private static func options(of command: any ParsableCommand.Type, in root: any ParsableCommand.Type) -> [String] {
        let help = root.helpMessage(for: command, includeHidden: true)
        let listed = help.matches(of: /(?:^|\n)  (?:-[a-z], )?(--[a-z-]+)/).map { String($0.output.1) }
        return listed + ["--help-hidden", "--generate-completion-script"]
    }

    /// Returns a hint at the only known name that begins with the given one, else at the nearest one.
    private static func hint(_ name: String, among known: [String]) -> String? {
        let singular = name.hasSuffix("s") ? String(name.dropLast()) : name
        let longer = known.filter { $0.hasPrefix(singular) }
        return (longer.count == 1 ? longer[0] : NearestName.to(name, among: known)).map { "; did you mean \($0)?" }
    }
}
