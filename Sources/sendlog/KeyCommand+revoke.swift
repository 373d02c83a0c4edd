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
                    let now = ServiceClock.now()
                    let key = try await store.revokeKey(id, in: organisation.id, at: now)
                    Terminal.say(Self.report(on: key, of: organisation, at: now))
                } catch StoreError.notFound {
                    throw CommandFailure(
                        "\"\(organisation.name)\" has no key \(id); run sendlog key list to see its keys"
                    )
                }
            }
        }

        /// Describes the result; the time at which a key was first revoked stays.
        private static func report(on key: APIKey, of organisation: Organisation, at now: Timestamp) -> String {
            let name = "\(key.id) of \"\(organisation.name)\""
            if let revoked = key.revoked, revoked != now { return "\(name) was already revoked, at \(revoked)." }
            if let expires = key.expires, expires <= now {
                return "Revoked \(name), which had already expired, at \(expires)."
            }
            return "Revoked \(name)."
        }

        private static func id(_ text: String) throws -> APIKeyID {
            guard let id = APIKeyID(text) else {
                throw ValidationError("it must have the form key_3; run sendlog key list to see the IDs")
            }
            return id
        }
    }
}
