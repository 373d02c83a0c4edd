import ArgumentParser
import SendLogCore

/// Creates, lists and revokes API keys.
struct KeyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "key",
        abstract: "Create, list and revoke API keys.",
        subcommands: [Create.self, List.self, Revoke.self]
    )

    /// Parses a value of `--permission`.
    static func permission(_ name: String) throws -> Permission {
        if let known = Permission.known.first(where: { $0.description == name }) { return known }
        let names = Permission.known.map(\.description)
        let hint = NearestName.to(name, among: names).map { "; did you mean \($0)?" }
        throw ValidationError("it is unknown\(hint ?? "; valid values are \(names.joined(separator: ", "))")")
    }
}
