import Foundation
import TestSupport

extension Page {
    /// The warnings and errors in the console since the page was opened, exceptions and violations of policies among them.
    ///
    /// An answer with an error status is one too, of the source `network`.
    var consoleErrors: [ConsoleMessage] { console.errors }

    /// Every request of the page, its frames and its workers since it was opened, also those that came to nothing.
    var requests: [PageRequest] { traffic.requests }

    /// The answers to those requests.
    var responses: [PageResponse] { traffic.responses }

    /// The requests that came to nothing, as those to other hosts do.
    var failedRequests: [FailedRequest] { traffic.failures }

    /// The last answer for an address.
    ///
    /// - Throws: where there was none.
    func response(for url: String) throws -> PageResponse {
        guard let response = responses.last(where: { $0.url == url }) else {
            throw TestFailure("there was no response for \(url), but for \(responses.map(\.url))")
        }
        return response
    }

    /// The hosts that were asked for anything, with their ports.
    var hosts: Set<String> {
        let addresses = requests.compactMap { URLComponents(string: $0.url) }
        return Set(
            addresses.filter { $0.host?.isEmpty == false }
                .map { "\($0.host ?? "")\($0.port.map { ":\($0)" } ?? "")" }
        )
    }

    /// Sends header fields with every request from now on, as a proxy before the server would.
    func setExtraHeaders(_ headers: [String: String]) throws {
        try call("Network.setExtraHTTPHeaders", ["headers": .object(headers.mapValues { .string($0) })])
    }
}
