import Foundation
import SendLogCore
import Synchronization
import TestSupport
import Testing

@testable import SendLogWebhooks

/// For any response, an attempt ends in time with a result, and does not affect the next one.
///
/// `make test` runs the cases of a fixed seed, `make fuzz` more with another one: `FUZZ_CASES`, `SENDLOG_TEST_SEED`.
@Suite(.serialized) struct ResponseFuzzTests {
    private static let environment = ProcessInfo.processInfo.environment
    private static let cases = environment["FUZZ_CASES"].flatMap { Int($0) } ?? 10_000

    private static func fuzzer(_ number: Int, _ seed: UInt64) -> ResponseFuzzer {
        ResponseFuzzer(seed: seed &+ UInt64(number) &* 1_000_003)
    }

    @Test(.timeLimit(.minutes(60)))
    func `malformed, early, truncated and endless responses end in results`() async throws {
        let seed = TestSeed.printed("malformed, early, truncated and endless responses end in results", defaultSeed: 13)
        let receiver = try HostileReceiver { number in
            var fuzzer = Self.fuzzer(number, seed)
            return fuzzer.next().reply
        }
        let wild = try HostileReceiver { number in
            var fuzzer = Self.fuzzer(number, seed)
            return fuzzer.nextWild()
        }
        // Early replies do not know the number of the request: they come in the order of the connections.
        let earlyReplies = Box(0)
        let early = try HostileReceiver(isEarly: true) { _ in
            let number = earlyReplies.change { count in
                count += 1
                return count
            }
            var fuzzer = Self.fuzzer(1_000_000_000 + number, seed)
            return fuzzer.nextWild()
        }
        let rules = try AddressRules(allowing: "127.0.0.1")
        let client = HTTPWebhookClient(rules: rules, timeout: .seconds(2), lookup: SystemLookup())
        // On a busy machine a well-formed response may take long; its status is known.
        let longTimeoutClient = HTTPWebhookClient(rules: rules, timeout: .seconds(60), lookup: SystemLookup())
        defer { for client in [client, longTimeoutClient] { client.close() } }
        let before = try Self.residentMegabytes
        let results = Results()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for worker in 0..<32 {
                group.addTask {
                    for number in stride(from: worker, to: Self.cases, by: 32) {
                        let (port, isWellFormed) =
                            switch (number / 32) % 4 {
                            case 0: (wild.port, false)
                            case 1: (early.port, false)
                            default: (receiver.port, true)
                            }
                        let scheme = number % 37 == 1 && !isWellFormed ? "https" : "http"
                        let webhook = try Webhook.sample("\(scheme)://127.0.0.1:\(port)/\(number)")
                        var fuzzer = Self.fuzzer(number, seed)
                        let status = isWellFormed ? fuzzer.next().status : nil
                        let attempt = try await (status == nil ? client : longTimeoutClient).attempt(webhook)
                        #expect(attempt.status != nil || attempt.problem != nil, "case \(number)")
                        #expect(attempt.status.map { (200...999).contains($0) } ?? true, "case \(number): \(attempt)")
                        #expect(attempt.responseBody.count <= DeliveryAttempt.maxResponseBytes, "case \(number)")
                        if let status { #expect(attempt.status == status, "case \(number): \(attempt)") }
                        results.add(attempt)
                    }
                }
            }
            try await group.waitForAll()
        }
        let healthy = try HostileReceiver { _ in
            .init(pieces: [Array("HTTP/1.1 204 Fine\r\n\r\n".utf8)], end: .keepAlive)
        }
        #expect(try await client.attempt(Webhook.sample("http://127.0.0.1:\(healthy.port)/1")).status == 204)
        let (statuses, problems) = results.counts.withLock { $0 }
        print("ResponseFuzzTests: \(statuses) with a status; \(problems.sorted { $0.value > $1.value })")
        // The cases cover many kinds of results.
        #expect(statuses > Self.cases / 10 && problems.count >= min(6, Self.cases / 100))
        // In `make test` other tests run in the same process.
        let grown = try Self.residentMegabytes - before
        if Self.environment["FUZZ_CASES"] != nil { #expect(grown < 100, "\(grown) MB") }
    }

    private final class Results: Sendable {
        let counts = Mutex((statuses: 0, problems: [String: Int]()))

        func add(_ attempt: DeliveryAttempt) {
            counts.withLock { counts in
                if attempt.status != nil { counts.statuses += 1 }
                if let problem = attempt.problem { counts.problems[problem, default: 0] += 1 }
            }
        }
    }

    private static var residentMegabytes: Int {
        get throws {
            let fields = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8).split(separator: " ")
            let pages = try #require(fields.dropFirst().first.flatMap { Int($0) })
            return pages * 4096 / 1_048_576
        }
    }
}
