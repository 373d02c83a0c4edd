import ArgumentParser
import SendLogCore
import SendLogServer

/// Changes organisations.
extension OrganisationCommand {
    /// Changes the calling code of an organisation.
    struct Change: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "set",
            abstract: "Change the calling code of an organisation.",
            discussion: """
                With the calling code 27, a search for the recipient 27821234567 also finds 0821234567, and the other way round. \
                Without one, such a match is doubtful, since the number may belong to another country. The change applies at once.
                """
        )

        @Argument(help: "The name of the organisation.", transform: OrganisationOption.name)
        var name: OrganisationName

        @Option(
            help: ArgumentHelp(
                "The calling code of telephone numbers with one leading 0, such as 27; none to remove it.",
                valueName: "code"
            ),
            transform: Self.code
        )
        var callingCode: Code

        @OptionGroup var database: DatabaseOptions

        /// The value of the option; `nil` for `none`.
        struct Code: Sendable {
            let value: CallingCode?
        }

        private static func code(_ text: String) throws -> Code {
            if text == "none" { return Code(value: nil) }
            guard let code = CallingCode(entered: text) else {
                throw ValidationError("it \(CallingCode.rule), or none")
            }
            return Code(value: code)
        }

        func run() async throws {
            try await database.withStore { store, _ in
                let organisation = try await OrganisationOption.find(name, in: store)
                try await store.setCallingCode(callingCode.value, of: organisation.id)
                let code = callingCode.value.map { "\($0)" } ?? "none"
                Terminal.say("Set the calling code of \"\(organisation.name)\" to \(code).")
            }
        }
    }
}
