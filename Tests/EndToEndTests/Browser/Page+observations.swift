import Foundation
import TestSupport

extension Page {
    /// The warnings and errors in the console since the page was opened, including exceptions and policy violations.
    ///
    /// A response with an error status counts as an error of the source `network`.
    var consoleErrors: [ConsoleMessage] { console.errors }

    /// Every request of the page, its frames and its workers since it was opened, including failed ones.
    var requests: [PageRequest] { traffic.requests }

    /// The responses to those requests.
    var responses: [PageResponse] { traffic.responses }

    /// The requests that failed, as all requests to other hosts do.
    var failedRequests: [FailedRequest] { traffic.failures }

    /// Returns the last response for an address.
    ///
    /// - Throws: if there is none.
    func response(for url: String) throws -> PageResponse {
        guard let response = responses.last(where: { $0.url == url }) else {
            throw TestFailure("there is no response for \(url), only for \(responses.map(\.url))")
        }
        return response
    }

    /// The hosts of all requests, with their ports.
    var hosts: Set<String> {
        let addresses = requests.compactMap { URLComponents(string: $0.url) }
        return Set(
            addresses.filter { $0.host?.isEmpty == false }
                .map { "\($0.host ?? "")\($0.port.map { ":\($0)" } ?? "")" }
        )
    }

    /// Adds headers to every request from now on, as a proxy in front of the server does.
    func setExtraHeaders(_ headers: [String: String]) throws {
        try call("Network.setExtraHTTPHeaders", ["headers": .object(headers.mapValues { .string($0) })])
    }
}
