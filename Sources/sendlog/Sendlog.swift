import ArgumentParser
import SendLogCore
import SendLogServer

/// The command-line program.
@main
struct Sendlog: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sendlog",
        abstract: "Records bulk sends, and reports what was sent, when, why and to whom.",
        discussion: """
            To get started:

              sendlog organisation create "Example"
              sendlog key create --organisation "Example" --permission sendLog
              sendlog serve

            The data is stored in sendlog.db in the current folder, unless --database or SENDLOG_DATABASE names another file or a \
            PostgreSQL database.
            """,
        version: ServiceVersion.current,
        subcommands: [
            Serve.self, OrganisationCommand.self, KeyCommand.self, Import.self, RecipientCommand.self,
            DatabaseCommand.self, ConfigCommand.self, DoctorCommand.self,
        ]
    )

    static func main() async {
        Memory.keepForReuse()
        DispatchLog.turnOff()
        NewFiles.restrictToOwner()
        do {
            var command = try await asyncParseAsRoot()
            let type = type(of: command)
            do {
                try UsageError.refuseRepeatedOptions(in: CommandLine.arguments.dropFirst())
                if var command = command as? any AsyncParsableCommand {
                    try await command.run()
                } else {
                    try command.run()
                }
            } catch let error as ValidationError {
                throw UsageError.explained(error.message, of: type, in: self)
            }
        } catch {
            exit(withError: UsageError.explained(error, of: self))
        }
    }
}
