import SendLogContent
import SendLogCore

/// Collects the destinations of a send log.
struct DestinationCollector: DestinationSink {
    var destinations: [String] = []

    mutating func append(_ destination: borrowing JSONText) {
        destinations.append(destination.string)
    }

    /// Reads a send log from its text.
    static func read(_ text: String) throws -> (draft: ParsedSendLog, destinations: [String]) {
        var tokenizer = JSONTokenizer()
        var reader = SendLogReader(sink: DestinationCollector())
        try Array(text.utf8).withUnsafeBufferPointer { try tokenizer.feed($0, to: &reader) }
        try tokenizer.finish(to: &reader)
        let draft = try reader.finish()
        return (draft, reader.sink.destinations)
    }

    /// Returns the issues of a send log's text; none if it is valid.
    static func issues(of text: String) -> [InputIssue] {
        do {
            _ = try read(text)
            return []
        } catch let error as InvalidInput {
            return error.issues
        } catch {
            return [InputIssue(path: "", message: "\(error)")]
        }
    }
}
