import Synchronization
import TestSupport

/// A request of a page, or of a frame or worker in it.
struct PageRequest: Sendable, Equatable {
    let url: String
    let method: String
    /// The type of the resource, for example `Document`, `Script` or `WebSocket`.
    let type: String
}

/// A response to a request; a redirect is one too.
struct PageResponse: Sendable, Equatable {
    let url: String
    let status: Int
    let type: String
    /// The headers, by their names in lower case.
    ///
    /// The values of a repeated header are separated by line feeds.
    var headers: [String: String]
}

/// A request that failed.
struct FailedRequest: Sendable, Equatable {
    let url: String
    /// For example `net::ERR_CONNECTION_REFUSED`, followed by the reason if the request was blocked.
    let reason: String
}

/// The requests of a page, with their responses and failures.
final class PageTraffic: Sendable {
    private struct State {
        var requests: [PageRequest] = []
        var urls: [String: String] = [:]
        var responses: [(request: String, awaitsHeaders: Bool, response: PageResponse)] = []
        var headers: [String: [[String: String]]] = [:]
        var failures: [FailedRequest] = []

        /// Adds all headers to the responses: Chromium reports some, such as `Set-Cookie`, in separate events.
        ///
        /// - Returns: the responses, and whether all expected events have arrived.
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

    /// The requests so far; each redirect counts as another one.
    var requests: [PageRequest] { state.withLock { $0.requests } }

    /// The requests that failed so far, without cancelled ones.
    var failures: [FailedRequest] { state.withLock { $0.failures } }

    /// The responses so far.
    var responses: [PageResponse] {
        // Some headers arrive a moment after the rest, and for a cancelled request never.
        _ = Deadline.poll(for: 5) { state.withLock { $0.merged().isComplete } }
        return state.withLock { $0.merged().responses }
    }

    /// Records the request, response or failure of an event.
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
                // A data URL sends no request.
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
