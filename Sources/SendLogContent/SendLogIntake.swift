public import SendLogCore

/// What the intake of send logs needs from around it.
public struct IntakeContext: Sendable {
    /// Makes ids for logs that come without one.
    public let ids: SendLogIDSource
    /// Where long lists wait, in files without a name.
    public let spoolFolder: String
    /// The time.
    public let now: @Sendable () -> Timestamp

    /// Brings together what the intake needs.
    public init(ids: SendLogIDSource, spoolFolder: String, now: @escaping @Sendable () -> Timestamp) {
        self.ids = ids
        self.spoolFolder = spoolFolder
        self.now = now
    }
}

/// Takes in one send log from its JSON, which may come in pieces and be of any length.
public struct SendLogIntake {
    private let context: IntakeContext
    private var tokenizer = JSONTokenizer()
    private var reader: SendLogReader<DestinationChunker>

    /// Starts with nothing read.
    public init(_ context: IntakeContext) {
        self.context = context
        reader = SendLogReader(sink: DestinationChunker(spoolFolder: context.spoolFolder))
    }

    /// Begins the next log, in the memory of this one.
    mutating func reset() {
        tokenizer.reset()
        reader.reset()
        reader.sink.reset()
    }

    /// Whether nothing but white space was seen so far.
    public var isBlank: Bool { tokenizer.isBlank }

    /// Reads the next piece.
    ///
    /// - Throws: where the text is not JSON; what else is wrong comes with ``finish()``.
    public mutating func feed(_ bytes: UnsafeBufferPointer<UInt8>) throws(InvalidInput) {
        do throws(JSONSyntaxError) {
            try tokenizer.feed(bytes, to: &reader)
        } catch {
            throw InvalidInput(error)
        }
    }

    /// The send log, once all of it was read.
    ///
    /// - Throws: ``InvalidInput`` with all that is wrong with it; ``StoreError/unavailable(_:detail:)`` where a long list could not
    ///   be spooled.
    public mutating func finish() throws -> NewSendLog {
        do throws(JSONSyntaxError) {
            try tokenizer.finish(to: &reader)
        } catch {
            throw InvalidInput(error)
        }
        let draft = try reader.finish()
        let now = context.now()
        return NewSendLog(
            id: draft.id ?? context.ids.next(at: now),
            campaignID: draft.campaignID,
            message: draft.message,
            triggeredBy: draft.triggeredBy,
            start: draft.start,
            now: now,
            destinations: try reader.sink.finish()
        )
    }
}
