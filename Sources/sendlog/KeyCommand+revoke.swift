import ArgumentParser
import SendLogCore
import SendLogServer
import SendLogServices

/// Revokes keys.
extension KeyCommand {
    /// Revokes an API key.
    struct Revoke: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Revoke a key permanently; servers reject it within five seconds."
        )

        @OptionGroup var organisation: OrganisationOption

        @Argument(help: "The key's ID, such as key_3; see sendlog key list.", transform: Self.id)
        var id: APIKeyID

        @OptionGroup var database: DatabaseOptions

        func run() async throws {
            try await database.withStore { store, _ in
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

        private static func id(_ text: String) throws -> APIKeyID {
            guard let id = APIKeyID(text) else {
                throw ValidationError("it must have the form key_3; run sendlog key list to see the IDs")
            }
            return id
        }
    }
}
