import Synchronization

/// Something that a page's console shows as a warning or an error.
struct ConsoleMessage: Sendable, Equatable, CustomStringConvertible {
    /// Where it comes from.
    ///
    /// `console.error` and `console.warning`, `exception`, or what Chromium itself notices: `network`, `security`…
    let source: String
    let text: String
    /// The script or resource it is about, empty where there is none.
    let url: String

    var description: String { "\(source): \(text)\(url.isEmpty ? "" : " (\(url))")" }
}

/// What a page's console has shown.
final class PageConsole: Sendable {
    private let messages = Mutex<[ConsoleMessage]>([])

    /// The warnings and errors so far.
    var errors: [ConsoleMessage] { messages.withLock { $0 } }

    /// Takes note of an event.
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
