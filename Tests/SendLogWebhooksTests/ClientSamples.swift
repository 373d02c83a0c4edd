import SendLogCore
import SendLogNetwork
import Synchronization
import Testing

@testable import SendLogWebhooks

/// Returns its results in order, one for each lookup, and repeats the last one.
final class StubAddressLookup: AddressLookup {
    private let state: Mutex<(results: [[String]], hosts: [String])>
    private let onLookup: @Sendable () -> Void

    init(_ results: [String]..., onLookup: @escaping @Sendable () -> Void = {}) {
        state = Mutex((results, []))
        self.onLookup = onLookup
    }

    /// The hosts that were looked up, in order.
    var hosts: [String] { state.withLock(\.hosts) }

    func addresses(of host: String, for organisation: OrganisationID) async throws -> [IPAddress] {
        onLookup()
        return state.withLock { state in
            state.hosts.append(host)
            let result = state.results.count > 1 ? state.results.removeFirst() : state.results[0]
            return result.compactMap { IPAddress($0) }
        }
    }
}

extension Webhook {
    /// A webhook with a URL, and further fields as JSON, each after a comma.
    static func sample(_ url: String, body: String = "{}", more: String = "") throws -> Webhook {
        let json = Array(#"{"url":"\#(url)","body":"\#(body)"\#(more)}"#.utf8)
        let input = try WebhookInput(try json.withUnsafeBufferPointer { try JSONValue(utf8: $0) })
        return Webhook(
            id: try #require(WebhookID("hook")),
            organisation: OrganisationID(1),
            definition: input.definition,
            secrets: [],
            version: 1,
            created: .earliest,
            updated: .earliest,
            progress: WebhookProgress(cursor: SequenceNumber(0))
        )
    }
}

extension HTTPWebhookClient {
    /// Makes an attempt to deliver a sample send.
    func attempt(_ webhook: Webhook) async throws -> DeliveryAttempt {
        let send = try #require(WebhookSend.sample)
        return try #require(await attempt(webhook, send, as: DeliveryID(SequenceNumber(1)), at: .earliest))
    }
}
