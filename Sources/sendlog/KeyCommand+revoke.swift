import ArgumentParser
import SendLogCore
import SendLogServer

/// Defines the command `sendlog key revoke`.
extension KeyCommand {
    /// Revokes an API key.
    struct Revoke: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Revoke a key permanently; servers reject it within five seconds."
        )

        @OptionGroup var organisation: OrganisationOption

        @Argument(help: "The key's ID, such as key_3; see sendlog key list.")
        var id: String

        @OptionGroup var database: DatabaseOptions

        func run() async throws {
            try await database.withStore { store, _ in
                guard let id = APIKeyID(id) else {
                    throw CommandFailure("the key's ID must have the form key_3; run sendlog key list to see the IDs")
                }
                let organisation = try await organisation.find(in: store)
                do {
                    let key = try await store.revokeKey(id, in: organisation.id, at: ServiceClock.now())
                    Terminal.say("Revoked \(key.id) of \"\(organisation.name)\".")
                } catch StoreError.notFound {
                    throw CommandFailure(
                        "\"\(organisation.name)\" has no key \(id); run sendlog key list to see its keys"
                    )
                }
            }
        }
    }
}
