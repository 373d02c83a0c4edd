import NIOHTTP1
import SendLogAPI
import SendLogCore
import SendLogHTTP

/// What an error page says in plain words: what happened, and what to do next.
struct ErrorMessage {
    /// The title, which is also the heading.
    let title: String
    /// Sentences that say what happened, and what to do.
    let text: String
    /// The next step, if there is a better one than to go to a report.
    let step: Link?

    /// A link to a page of this server.
    struct Link: Equatable {
        let label: String
        /// The path and query, without the base path.
        let path: String
    }

    /// Creates the message for a failed request.
    ///
    /// - Parameters:
    ///   - failure: the failure
    ///   - request: the request
    ///   - now: the time of the request
    init(_ failure: APIError, _ request: HTTPRequest, at now: Timestamp) {
        let (retry, previous) = (Self.retry(request), Self.previous(request))
        switch failure.status {
        case .badRequest where failure == Form.invalidToken:
            self.init("The form has expired", failure.sentence, Self.previous(request, label: "Open the page again"))
        case .badRequest where request.method == .GET || request.method == .HEAD:
            self.init("The address is not valid", failure.sentence, Self.plainAddress(request) ?? previous)
        case .badRequest:
            self.init("The input is not valid", "\(failure.sentence) Go back and correct it.", previous)
        case .forbidden:
            let advice = "Ask your administrator for a key that has it, or sign in with another key."
            let signIn = Link(label: "Sign in with another key", path: SignIn.path(backTo: request))
            self.init("Permission denied", "\(failure.sentence) \(advice)", signIn)
        case .notFound where failure == .noRecipientLink:
            let report = Link(label: "Enter the recipient on the Sends Report", path: "/console/sends")
            self.init("Link not valid", failure.sentence, report)
        case .notFound: self.init(notFound: failure)
        case .methodNotAllowed:
            self.init("Not possible at this address", "\(Self.mismatch(request)) Nothing was changed.", previous)
        case .conflict: self.init("Not possible now", failure.sentence, previous)
        case .payloadTooLarge:
            // The message is for clients of the API: it calls the form a body.
            let limit = failure.sentence.replacing("The body", with: "The form")
            self.init("The input is too long", "\(limit) Nothing was changed. Go back and shorten it.", previous)
        case .tooManyRequests:
            let reason =
                failure.resetsAt == nil
                ? failure.reason : "Your organisation has made more requests in the console than its limit allows."
            self.init("Too many requests", "\(reason) \(Self.advice(failure, request, at: now))", retry ?? previous)
        case .serviceUnavailable where failure == .noRecipientIndex:
            self.init("Recipient search is off", failure.sentence, nil)
        case .serviceUnavailable:
            let text = "\(failure.reason) \(Self.advice(failure, request, at: now))"
            self.init("Temporarily unavailable", text, retry ?? previous)
        case .internalServerError:
            let text =
                "An internal error occurred. Try again, and if it happens again, give the request ID below to the "
                + "operator of the server: the server's log has the details."
            self.init("Something went wrong", text, retry ?? previous)
        default: self.init("Request not supported", failure.sentence, previous)
        }
    }

    private init(_ title: String, _ text: String, _ step: Link?) {
        (self.title, self.text, self.step) = (title, text, step)
    }

    private init(notFound failure: APIError) {
        let title = "Page not found"
        if let path = failure.suggestedPath {
            let text = "There is no page at this address: it has an extra slash."
            self.init(title, text, Link(label: "Open \(path)", path: path))
        } else if failure.message.contains("/openapi.json") {
            // The message is for clients of the API.
            self.init(title, "There is no page at this address. Check the address, or go back to the reports.", nil)
        } else {
            self.init(title, failure.sentence, nil)
        }
    }

    /// Returns a sentence that says why an address does not accept the method of a request.
    private static func mismatch(_ request: HTTPRequest) -> String {
        if request.method != .GET { return "The page at this address does not accept this request." }
        let isPage = request.path.hasPrefix("/console/")
        return "This address belongs to \(isPage ? "a form" : "the API"), so it cannot be opened as a page."
    }

    // MARK: - Next steps

    /// Returns the link to a page of the console; `nil` if the target is none.
    private static func link(_ label: String, to target: String) -> Link? {
        let path = ReturnPath.valid(target, below: "")
        return path == "/console" ? nil : Link(label: label, path: path)
    }

    /// Returns the link that repeats a request; `nil` for a form, which the browser must submit again.
    private static func retry(_ request: HTTPRequest) -> Link? {
        request.method == .GET ? link("Try again", to: request.target) : nil
    }

    /// Returns the link to the page that the browser came from; `nil` if it is not known, or is the one that failed.
    private static func previous(_ request: HTTPRequest, label: String = "Back to the previous page") -> Link? {
        // Some forms are submitted to the address of their page.
        guard let referrer = request.referrer, request.method == .POST || referrer != request.target else { return nil }
        return link(label, to: referrer)
    }

    /// Returns the link to the same page without its query; `nil` if it has none, or would download a file.
    private static func plainAddress(_ request: HTTPRequest) -> Link? {
        guard request.query?.isEmpty == false, request.path.split(separator: "/").last?.contains(".") == false else {
            return nil
        }
        return link("Open the page without parameters", to: String(request.path))
    }

    /// Returns a sentence that says when to try again, and how.
    private static func advice(_ failure: APIError, _ request: HTTPRequest, at now: Timestamp) -> String {
        let isForm = request.method == .POST
        let action = isForm ? "Go back and submit the form again" : "Try again"
        guard let seconds = failure.retryAfter else { return "\(action) later." }
        let delay = "in \(seconds) \(seconds == 1 ? "second" : "seconds")"
        let zone = UserTimeZone(request)
        // For a short delay, a time is no help.
        guard seconds >= 5, let time = Timestamp(milliseconds: now.milliseconds + Int64(seconds) * 1000) else {
            return "\(action) \(delay)."
        }
        return "\(action) \(delay), at \(zone.text(time).suffix(8)) (\(zone.name))."
    }
}

extension APIError {
    /// The message as a sentence.
    var sentence: String { Self.sentence(message) }

    /// The message as a sentence, without the advice to programs that follows the reason.
    fileprivate var reason: String {
        let end = message.firstRange(of: "; retry after")?.lowerBound ?? message.endIndex
        return Self.sentence(message[..<end])
    }

    private static func sentence(_ text: some StringProtocol) -> String {
        let end = text.hasSuffix(".") || text.hasSuffix("?") ? "" : "."
        return "\(text.prefix(1).uppercased())\(text.dropFirst())\(end)"
    }
}
