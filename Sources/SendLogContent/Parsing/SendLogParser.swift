public import SendLogCore

/// A parser that reads one send log of any length incrementally from JSON.
public struct SendLogParser {
    private let context: ParserContext
    private let expected: TextFormat.Expected
    private var tokenizer = JSONTokenizer()
    private var reader: SendLogReader<DestinationChunker>
    /// The first bytes of the text, by which an error names its format.
    private var head: [UInt8] = []
    /// The syntax error, which is thrown once ``head`` is complete: it must not depend on the pieces of the text.
    private var failure: JSONSyntaxError?

    /// The names of the fields of a send log in JSON.
    package static let fields = SendLogField.names

    /// Creates a parser.
    public init(_ context: ParserContext, expected: TextFormat.Expected = .sendLog) {
        (self.context, self.expected) = (context, expected)
        reader = SendLogReader(sink: DestinationChunker(spoolFolder: context.spoolFolder), expected: expected)
    }

    /// Resets the parser for the next send log, and reuses its memory.
    mutating func reset() {
        head.removeAll(keepingCapacity: true)
        failure = nil
        tokenizer.reset()
        reader.reset()
        reader.sink.reset()
    }

    /// Whether the input so far is only white space, which a byte order mark may precede.
    public var isBlank: Bool { tokenizer.isBlank && failure == nil }

    /// Parses the next bytes.
    ///
    /// - Throws: ``InvalidInput`` if the text is not JSON; ``finish()`` throws all other issues.
    public mutating func feed(_ bytes: UnsafeBufferPointer<UInt8>) throws(InvalidInput) {
        if head.count < TextFormat.headLength { head += bytes.prefix(TextFormat.headLength - head.count) }
        if failure == nil {
            do throws(JSONSyntaxError) { try tokenizer.feed(bytes, to: &reader) } catch { failure = error }
        }
        if head.count == TextFormat.headLength { try throwFailure() }
    }

    private func throwFailure() throws(InvalidInput) {
        if let failure { throw InvalidInput(failure, head: head, expected: expected) }
    }

    /// Returns the send log at the end of its JSON.
    ///
    /// - Parameter reserved: the ID for a send log without one; `nil` for a new ID
    /// - Returns: the send log.
    /// - Throws: ``InvalidInput`` with all issues; ``StoreError/unavailable(_:detail:)`` if a long list could not be
    ///   spooled.
    public mutating func finish(reserved: SendLogID? = nil) throws -> PreparedSendLog {
        if failure == nil {
            do throws(JSONSyntaxError) { try tokenizer.finish(to: &reader) } catch { failure = error }
        }
        try throwFailure()
        let (parsed, now) = (try finishReading(), context.now())
        return PreparedSendLog(
            parsed,
            id: parsed.id ?? reserved ?? context.ids.next(at: now),
            now: now,
            destinations: try reader.sink.finish()
        )
    }

    private mutating func finishReading() throws(InvalidInput) -> ParsedSendLog {
        do throws(InvalidInput) {
            return try reader.finish()
        } catch {
            guard let issue = error.issues.first, issue.path.isEmpty,
                let format = TextFormat(head: head, expected: expected)
            else { throw error }
            throw InvalidInput(path: "", "\(issue.message); \(format.advice)")
        }
    }
}
