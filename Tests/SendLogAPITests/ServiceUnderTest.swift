import Foundation
import Logging
import SendLogContent
import SendLogCore
import SendLogSQLite
import SendLogScheduling
import TestSupport

@testable import SendLogAPI

/// A service over a real database file in a folder of its own.
final class ServiceUnderTest: Sendable {
    let store: SQLiteStore
    let folder: TemporaryFolder
    let authenticator: Authenticator
    let service: APIService

    init(cacheLifetime: Duration = .seconds(2)) throws {
        folder = try TemporaryFolder()
        store = try SQLiteStore(path: folder.file())
        authenticator = Authenticator(organisationStore: store, cacheLifetime: cacheLifetime)
        service = APIService(
            store: store,
            authenticator: authenticator,
            organisationStore: store,
            context: ParserContext(ids: SendLogIDSource(), spoolFolder: folder.path, now: { Self.now }),
            client: AcceptingClient(),
            threads: FairThreadPool(count: 2, name: "workers"),
            rateLimit: nil,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
    }

    /// Takes everything at once, in place of a receiver: the carrying itself has tests of its own.
    private struct AcceptingClient: WebhookClient {
        let tally = AttemptTally()

        func attempt(
            _ webhook: Webhook,
            _ send: WebhookSend,
            as id: DeliveryID,
            at now: Timestamp
        ) async -> DeliveryAttempt? {
            DeliveryAttempt(at: now, duration: 3, status: 200, responseBody: Array("ok".utf8))
        }
    }

    deinit {
        store.close()
    }

    static let now = moment("2026-01-31T12:00:00Z")

    static func moment(_ text: String) -> Timestamp {
        guard let moment = Timestamp(rfc3339: text) else { preconditionFailure("\(text) is no moment") }
        return moment
    }

    /// Adds an organisation with one key.
    func addKey(
        _ organisation: String,
        permissions: [Permission] = [.sendLog],
        expires: Timestamp? = nil
    ) async throws -> (text: KeyText, key: APIKey) {
        guard let name = OrganisationName(organisation) else { preconditionFailure("a bad name in a test") }
        let organisation = try await store.createOrganisation(named: name, at: Self.now)
        let text = KeyText.random()
        let new = NewAPIKey(name: "", permissions: permissions, expires: expires)
        return (text, try await store.createKey(new, hash: text.hash, in: organisation.id, at: Self.now))
    }
}
