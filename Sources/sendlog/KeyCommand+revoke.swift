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
                    let key = try await revoke(in: store, organisation.id, at: now)
                    Terminal.say(Self.report(on: key, of: organisation, at: now))
                } catch StoreError.notFound {
                    throw CommandFailure(
                        "\"\(organisation.name)\" has no key \(id); run sendlog key list to see its keys"
                    )
                }
            }
        }

        /// For how long the command tries to store the revocation, and the pause between two attempts.
        private static let retries = (time: Duration.seconds(30), pause: Duration.seconds(1))

        /// The failures that may pass.
        private static let passing: [Unavailability] = [.unreachable, .inputOutput, .overloaded, .locked]

        /// Revokes the key, and tries again for a while if the database is unavailable, as Citus without one of its nodes.
        private func revoke(
            in store: some KeyStore,
            _ organisation: OrganisationID,
            at now: Timestamp
        ) async throws -> APIKey {
            let end = ContinuousClock.now + Self.retries.time
            var isFirst = true
            while true {
                do throws(StoreError) {
                    return try await store.revokeKey(id, in: organisation, at: now)
                } catch {
                    guard case .unavailable(let why, let detail) = error, Self.passing.contains(why) else {
                        throw error
                    }
                    guard .now < end else {
                        throw CommandFailure(
                            """
                            \(id) is not revoked: \(why.rawValue) (\(detail)). Run the command again when the database is available \
                            (on Citus, all its nodes), or revoke the key in the console, which refuses it at once
                            """
                        )
                    }
                    if isFirst {
                        Terminal.say("\(id) cannot be revoked yet: \(why.rawValue). Trying again for 30 seconds.")
                    }
                    isFirst = false
                    try await Task.sleep(for: Self.retries.pause)
                }
            }
        }

        /// Describes the result; the time at which a key was first revoked stays.
        private static func report(on key: APIKey, of organisation: DirectoryEntry, at now: Timestamp) -> String {
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
