import Foundation
import SendLogCore
import TestSupport
import Testing

@testable import SendLogWebhooks

/// TLS 1.2 or later with a valid certificate; the receivers are Python programs.
struct TLSTests {
    private final class Receivers {
        let folder: TemporaryFolder
        let ports: [String]
        private let process: ChildProcess

        init() throws {
            let folder = try TemporaryFolder()
            let script = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "tls_receiver.py").path
            let process = try ChildProcess("python3", [script, folder.path])
            let isReady = Deadline.poll(for: 120) { process.output.contains("\n") || process.exit() != nil }
            let line = process.output
            ports = line.split(whereSeparator: \.isWhitespace).map(String.init)
            (self.folder, self.process) = (folder, process)
            try #require(isReady && ports.count == 7, "the receivers did not start: \(line) \(process.errors)")
        }
    }

    @Test func `only receivers with TLS 1.2 or later and a valid certificate get requests`() async throws {
        let receivers = try Receivers()
        let client = HTTPWebhookClient(
            rules: try AddressRules(allowing: "127.0.0.1"),
            timeout: .seconds(10),
            lookup: StubAddressLookup(["127.0.0.1"]),
            certificateFile: receivers.folder.file("ca.pem")
        )
        let strict = HTTPWebhookClient(
            rules: try AddressRules(allowing: "127.0.0.1"),
            timeout: .seconds(10),
            lookup: StubAddressLookup(["127.0.0.1"])
        )
        defer { for client in [client, strict] { client.close() } }
        func attempt(_ index: Int, host: String = "localhost", by client: HTTPWebhookClient) async throws
            -> DeliveryAttempt
        {
            try await client.attempt(Webhook.sample("https://\(host):\(receivers.ports[index])/"))
        }
        for (index, version) in [(2, "TLSv1.2"), (3, "TLSv1.3")] {
            for _ in 0..<2 {
                let accepted = try await attempt(index, by: client)
                #expect(accepted.status == 200 && accepted.responseBody == Array(version.utf8), "\(accepted)")
            }
        }
        for index in [0, 1] {
            let refused = try await attempt(index, by: client)
            #expect(
                refused.status == nil && refused.problem?.hasPrefix("the TLS handshake failed: ") == true,
                "\(refused)"
            )
            #expect(refused.problem?.contains("127.0.0.1") == false)
        }
        let invalid =
            "the receiver's certificate is invalid: it must be issued for this host by a trusted authority, and not be expired"
        for index in [4, 5, 6] { #expect(try await attempt(index, by: client).problem == invalid, "\(index)") }
        // A valid certificate of an authority that the system does not know, and one for another host name.
        #expect(try await attempt(3, by: strict).problem == invalid)
        #expect(try await attempt(3, host: "127.0.0.1", by: client).problem == invalid)
        #expect(try await attempt(4, host: "elsewhere.test", by: client).status == 200)
    }
}
