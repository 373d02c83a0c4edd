import Foundation
import Testing

/// Follows the links of a console that is published under a base path, and checks every address in its responses.
final class ConsoleCrawler {
    private let client: ConsoleClient
    private let basePath: String
    /// The paths of all requests, without the base path.
    private(set) var paths: Set<String> = []
    private var waiting: [String] = []
    /// The number of requests for each kind of page: a path without IDs, and the names of its parameters.
    private var requests: [String: Int] = [:]

    /// The number of pages of one kind to request, such as pages of sends.
    private static let maxPagesPerKind = 2

    init(_ client: ConsoleClient, basePath: String) {
        (self.client, self.basePath) = (client, basePath)
    }

    /// Requests a page, and all pages that it leads to.
    func crawl(from target: String) throws {
        try request(target)
        while let next = waiting.popLast() { try request(next) }
    }

    /// Posts a form with the CSRF token of a page, and checks the response.
    @discardableResult func post(
        _ path: String,
        _ fields: KeyValuePairs<String, String>,
        from page: String
    ) throws -> HTTPResponse {
        let response = try client.post("\(basePath)\(path)", fields, from: "\(basePath)\(page)")
        #expect([200, 303].contains(response.status), "\(path): \(response.status) \(response.text.prefix(2000))")
        check(response, of: path)
        return response
    }

    private func request(_ target: String) throws {
        guard isWanted(target) else { return }
        paths.insert(String(target.dropFirst(basePath.count).prefix { $0 != "?" }))
        let response = try client.get(target)
        #expect([200, 303].contains(response.status), "\(target): \(response.status)")
        check(response, of: target)
    }

    private func isWanted(_ target: String) -> Bool {
        let parts = target.split(separator: "?", maxSplits: 1)
        let path = parts[0].replacing(/\/(sends|webhooks|campaigns)\/(?!new)[^\/.]+/) { "/\($0.output.1)/ID" }
        let query = parts.count > 1 ? parts[1] : ""
        let names = query.split(separator: "&").map { pair in String(pair.prefix { $0 != "=" }) }
        let kind = "\(path)?\(Set(names).sorted().joined(separator: "&"))"
        requests[kind, default: 0] += 1
        return requests[kind, default: 0] <= Self.maxPagesPerKind
    }

    /// Expects the base path in every address of a response, and remembers the links.
    private func check(_ response: HTTPResponse, of target: String) {
        for header in response.headers {
            switch header.name {
            case "set-cookie": #expect(header.value.contains("; Path=\(basePath);"), "\(target): \(header.value)")
            case "location":
                #expect(header.value.hasPrefix("\(basePath)/console"), "\(target): \(header.value)")
                follow(header.value)
            default: break
            }
        }
        guard response["content-type"]?.hasPrefix("text/html") == true else { return }
        #expect(!response.text.contains("\(basePath)\(basePath)"), "\(target)")
        for match in response.text.matches(of: /\s([a-z-]+)=(?:"([^"]*)"|([^\s"'>]+))/) {
            let (name, value) = (match.output.1, match.output.2 ?? match.output.3 ?? "")
            guard Self.isAddress(name, value) else { continue }
            #expect(value.hasPrefix("\(basePath)/console"), "\(target) has \(name)=\(value)")
            if name != "action", name != "formaction", name != "data-preview" {
                follow(String(value).replacing("&amp;", with: "&"))
            }
        }
    }

    /// Returns whether an attribute contains an address of this server.
    private static func isAddress(_ name: Substring, _ value: Substring) -> Bool {
        if ["href", "src", "action", "formaction"].contains(name) {
            return !value.hasPrefix("#") && value != "https://www.standardwebhooks.com"
        }
        // All other attributes but the values of fields.
        return value.hasPrefix("/") && name != "value"
    }

    private func follow(_ link: String) {
        // Browsers do not send the fragment.
        waiting.append(String(link.prefix { $0 != "#" }))
    }
}
