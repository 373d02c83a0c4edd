import Synchronization
import TestSupport

/// A request that a page, a frame or a worker in it made.
struct PageRequest: Sendable, Equatable {
    let url: String
    let method: String
    /// What it is for, as `Document`, `Script` or `WebSocket`.
    let type: String
}

/// An answer to a request, also one that sends the browser elsewhere.
struct PageResponse: Sendable, Equatable {
    let url: String
    let status: Int
    let type: String
    /// The header fields, by their names in lower case.
    ///
    /// The values of a repeated field are separated by line feeds.
    var headers: [String: String]
}

/// A request that came to nothing.
struct FailedRequest: Sendable, Equatable {
    let url: String
    /// As `net::ERR_CONNECTION_REFUSED`, with what forbade it where it was forbidden.
    let reason: String
}

/// What a page requested, and what came of it.
final class PageTraffic: Sendable {
    private struct State {
        var requests: [PageRequest] = []
        var urls: [String: String] = [:]
        var responses: [(request: String, awaitsHeaders: Bool, response: PageResponse)] = []
        var headers: [String: [[String: String]]] = [:]
        var failures: [FailedRequest] = []

        /// The responses with all header fields: Chromium tells `Set-Cookie` and the like apart from the rest.
        ///
        /// - Returns: them, and whether there is something yet to be told.
        func merged() -> (responses: [PageResponse], isComplete: Bool) {
            var (merged, isComplete, used) = ([PageResponse](), true, [String: Int]())
            for (request, awaitsHeaders, response) in responses {
                var response = response
                if awaitsHeaders {
                    let index = used[request, default: 0]
                    used[request] = index + 1
                    let headerSets = headers[request] ?? []
                    if index < headerSets.count { response.headers = headerSets[index] } else { isComplete = false }
                }
                merged.append(response)
            }
            return (merged, isComplete)
        }
    }

    private let state = Mutex(State())

    /// The requests so far, each redirection being another.
    var requests: [PageRequest] { state.withLock { $0.requests } }

    /// The requests so far that came to nothing, without those that were given up.
    var failures: [FailedRequest] { state.withLock { $0.failures } }

    /// The responses so far.
    var responses: [PageResponse] {
        // Some fields come a moment later than the rest, and for an abandoned request never.
        _ = Deadline.poll(for: 5) { state.withLock { $0.merged().isComplete } }
        return state.withLock { $0.merged().responses }
    }

    /// Takes note of an event.
    func receive(_ event: String, _ parameters: JSON) {
        let request = parameters["requestId"].plainText
        switch event {
        case "Network.requestWillBeSent":
            state.withLock { state in
                if parameters["redirectResponse"] != .null {
                    let awaits = parameters["redirectHasExtraInfo"].isTrue
                    state.responses.append((request, awaits, Self.response(parameters, "redirectResponse")))
                }
                let (url, method) = (parameters["request"]["url"].plainText, parameters["request"]["method"].plainText)
                state.urls[request] = url
                // What is in the address itself is asked of nobody.
                guard !url.hasPrefix("data:") else { return }
                state.requests.append(PageRequest(url: url, method: method, type: parameters["type"].plainText))
            }
        case "Network.webSocketCreated":
            let url = parameters["url"].plainText
            state.withLock { $0.requests.append(PageRequest(url: url, method: "GET", type: "WebSocket")) }
        case "Network.responseReceived":
            let awaits = parameters["hasExtraInfo"].isTrue
            guard parameters["response"]["url"].string?.hasPrefix("data:") == false else { return }
            state.withLock { $0.responses.append((request, awaits, Self.response(parameters, "response"))) }
        case "Network.responseReceivedExtraInfo":
            state.withLock { $0.headers[request, default: []].append(Self.headers(parameters["headers"])) }
        case "Network.loadingFailed":
            let (reason, block) = (parameters["errorText"].plainText, parameters["blockedReason"].string)
            if parameters["canceled"].isTrue, block == nil { return }
            state.withLock { state in
                let failure = FailedRequest(
                    url: state.urls[request] ?? "?",
                    reason: [reason, block ?? ""].filter { !$0.isEmpty }.joined(separator: " ")
                )
                state.failures.append(failure)
            }
        default:
            break
        }
    }

    private static func response(_ parameters: JSON, _ name: String) -> PageResponse {
        PageResponse(
            url: parameters[name]["url"].plainText,
            status: parameters[name]["status"].integer ?? 0,
            type: parameters["type"].plainText,
            headers: headers(parameters[name]["headers"])
        )
    }

    private static func headers(_ json: JSON) -> [String: String] {
        let pairs = json.members.map { ($0.lowercased(), $1.plainText) }
        return Dictionary(pairs) { "\($0)\n\($1)" }
    }
}
