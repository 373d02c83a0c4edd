import Synchronization

/// A warning or an error in a page's console.
struct ConsoleMessage: Sendable, Equatable, CustomStringConvertible {
    /// The source of the message.
    ///
    /// `console.error`, `console.warning`, `exception`, or a source of Chromium such as `network` or `security`.
    let source: String
    let text: String
    /// The URL of the script or resource, or an empty string.
    let url: String

    var description: String { "\(source): \(text)\(url.isEmpty ? "" : " (\(url))")" }
}

/// The messages of a page's console.
final class PageConsole: Sendable {
    private let messages = Mutex<[ConsoleMessage]>([])

    /// The warnings and errors so far.
    var errors: [ConsoleMessage] { messages.withLock { $0 } }

    /// Records the message of an event.
    func receive(_ event: String, _ parameters: JSON) {
        guard let message = Self.message(event, parameters) else { return }
        messages.withLock { $0.append(message) }
    }

    private static func message(_ event: String, _ parameters: JSON) -> ConsoleMessage? {
        switch event {
        case "Runtime.consoleAPICalled":
            let type = parameters["type"].plainText
            guard ["error", "warning", "assert"].contains(type) else { return nil }
            let words = parameters["args"].elements.map { argument in
                argument["value"] == .null ? argument["description"].plainText : argument["value"].plainText
            }
            let url = parameters["stackTrace"]["callFrames"][0]["url"].string ?? ""
            return ConsoleMessage(source: "console.\(type)", text: words.joined(separator: " "), url: url)
        case "Runtime.exceptionThrown":
            let details = parameters["exceptionDetails"]
            let text = details["exception"]["description"].string ?? details["exception"]["value"].plainText
            return ConsoleMessage(
                source: "exception",
                text: "\(details["text"].plainText) \(text)",
                url: details["url"].string ?? ""
            )
        case "Log.entryAdded":
            let entry = parameters["entry"]
            guard entry["level"] == "error" || entry["level"] == "warning" else { return nil }
            return ConsoleMessage(
                source: entry["source"].plainText,
                text: entry["text"].plainText,
                url: entry["url"].string ?? ""
            )
        default:
            return nil
        }
    }
}
