public import SendLogCore

/// A parser that reads one send log of any length incrementally from JSON.
public struct SendLogParser {
    private let context: ParserContext
    private var tokenizer = JSONTokenizer()
    private var reader: SendLogReader<DestinationChunker>

    /// Creates a parser.
    public init(_ context: ParserContext) {
        self.context = context
        reader = SendLogReader(sink: DestinationChunker(spoolFolder: context.spoolFolder))
    }

    /// Resets the parser for the next send log, and reuses its memory.
    mutating func reset() {
        tokenizer.reset()
        reader.reset()
        reader.sink.reset()
    }

    /// Whether the input so far is only white space.
    public var isBlank: Bool { tokenizer.isBlank }

    /// Parses the next bytes.
    ///
    /// - Throws: ``InvalidInput`` if the text is not JSON; ``finish()`` throws all other issues.
    public mutating func feed(_ bytes: UnsafeBufferPointer<UInt8>) throws(InvalidInput) {
        do throws(JSONSyntaxError) {
            try tokenizer.feed(bytes, to: &reader)
        } catch {
            throw InvalidInput(error)
        }
    }

    /// Returns the send log at the end of its JSON.
    ///
    /// - Throws: ``InvalidInput`` with all issues; ``StoreError/unavailable(_:detail:)`` if a long list could not be
    ///   spooled.
    public mutating func finish() throws -> PreparedSendLog {
        do throws(JSONSyntaxError) {
            try tokenizer.finish(to: &reader)
        } catch {
            throw InvalidInput(error)
        }
        let (parsed, now) = (try reader.finish(), context.now())
        return PreparedSendLog(
            parsed,
            id: parsed.id ?? context.ids.next(at: now),
            now: now,
            destinations: try reader.sink.finish()
        )
    }
}
