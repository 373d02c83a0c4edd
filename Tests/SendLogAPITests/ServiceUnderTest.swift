import Foundation
import Logging
import SendLogContent
import SendLogCore
import SendLogSQLite
import SendLogScheduling
import SendLogServices
import TestSupport

@testable import SendLogAPI

/// An API service with a SQLite database in a temporary folder.
final class ServiceUnderTest: Sendable {
    let store: SQLiteStore
    let folder: TemporaryFolder
    let authenticator: Authenticator
    let service: APIService

    init(cacheLifetime: Duration = .seconds(2)) throws {
        folder = try TemporaryFolder()
        store = try SQLiteStore(path: folder.file())
        authenticator = Authenticator(keyStore: store, cacheLifetime: cacheLifetime)
        let ids = SendLogIDSource()
        service = APIService(
            store: store,
            authenticator: authenticator,
            context: ParserContext(ids: ids, spoolFolder: folder.path, now: { Self.now }),
            webhooks: WebhookService(
                store: store,
                organisationStore: store,
                client: AcceptingClient(),
                ids: ids,
                maxMetrics: 9,
                now: { Self.now }
            ),
            comparer: AudienceComparer(store: store, spoolFolder: folder.path),
            threads: FairThreadPool(count: 2, name: "workers"),
            rateLimit: nil,
            log: NoLog()
        )
    }

    /// Writes no line.
    private struct NoLog: RequestLog {
        let logLevel = Logger.Level.critical

        func write(_ line: RequestLine) {}
    }

    /// Accepts each delivery at once, in place of a receiver; the HTTP client has its own tests.
    private struct AcceptingClient: WebhookClient {
        let tallies = AttemptTallies()

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
        guard let moment = Timestamp(rfc3339: text) else { preconditionFailure("\(text) is not a timestamp") }
        return moment
    }

    /// Adds an organisation with one key.
    func addKey(
        _ organisation: String,
        permissions: [Permission] = [.sendLog],
        expires: Timestamp? = nil
    ) async throws -> (text: KeyText, key: APIKey) {
        guard let name = OrganisationName(organisation) else { preconditionFailure("invalid organisation name") }
        let organisation = try await store.createOrganisation(named: name, at: Self.now)
        let text = KeyText.random()
        let new = NewAPIKey(name: "", permissions: permissions, expires: expires)
        return (text, try await store.createKey(new, hash: text.hash, in: organisation.id, at: Self.now))
    }
}
