import SendLogCore
import SendLogNetwork
import Synchronization
import Testing

@testable import SendLogWebhooks

/// Answers each look-up with the next of its answers, the last of them again and again.
final class StubAddressLookup: AddressLookup {
    private let state: Mutex<(answers: [[String]], asked: [String])>
    private let onLookup: @Sendable () -> Void

    init(_ answers: [String]..., asked: @escaping @Sendable () -> Void = {}) {
        state = Mutex((answers, []))
        onLookup = asked
    }

    var asked: [String] { state.withLock(\.asked) }

    func addresses(of host: String, for organisation: OrganisationID) async throws -> [IPAddress] {
        onLookup()
        return state.withLock { state in
            state.asked.append(host)
            let answer = state.answers.count > 1 ? state.answers.removeFirst() : state.answers[0]
            return answer.compactMap { IPAddress($0) }
        }
    }
}

extension Webhook {
    /// A webhook with a URL, and more fields as JSON, each with a comma before it.
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
    /// Makes an attempt with a made-up send.
    func attempt(_ webhook: Webhook) async throws -> DeliveryAttempt {
        let send = try #require(WebhookSend.sample)
        return try #require(await attempt(webhook, send, as: DeliveryID(SequenceNumber(1)), at: .earliest))
    }
}
