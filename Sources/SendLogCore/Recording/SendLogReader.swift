/// Takes the destinations of a send log one by one while it is read.
public protocol DestinationSink {
    /// Takes the next destination, which keeps to the rules.
    mutating func append(_ destination: borrowing JSONText)

    /// Takes the run of destinations that some JSON text begins with, as much of it as suits; see ``DestinationRun``.
    ///
    /// - Parameters:
    ///   - text: the text behind a destination
    ///   - most: how many to take at most
    /// - Returns: how many bytes were taken, and how many destinations.
    mutating func takeRun(_ text: UnsafeBufferPointer<UInt8>, most: Int) -> (length: Int, count: Int)
}

extension DestinationSink {
    /// Takes nothing, so that all come one by one.
    public mutating func takeRun(_ text: UnsafeBufferPointer<UInt8>, most: Int) -> (length: Int, count: Int) { (0, 0) }
}

/// Reads a send log to be recorded from the parts of its JSON, whatever its length, and checks it on the way.
///
/// Destinations are handed to the sink as they come; of all else no more is kept than may be valid.
public struct SendLogReader<Sink: DestinationSink>: JSONHandler {
    /// Where the destinations went.
    public var sink: Sink

    /// What is wrong so far, at most ``InvalidInput/most``.
    public private(set) var issues: [InputIssue] = []
    private var position = Position.outside
    /// The field whose value is next; `nil` within a field that is not known.
    private var field: SendLogField?
    private var seen = SendLogField.Names()
    private var given = SendLogField.Names()
    /// How many containers are open of a value that is passed over.
    private var skipping = 0
    private var count = 0
    private var id: SendLogID?
    private var campaignID: CampaignID?
    private var message: [UInt8] = []
    private var triggeredBy: [UInt8] = []
    private var start: Timestamp?

    private enum Position {
        case outside
        case object
        case destinations
    }

    /// Makes a reader of one send log.
    public init(sink: Sink) {
        self.sink = sink
    }

    /// Begins the next log, with a sink that is ready for it.
    public mutating func reset() {
        issues.removeAll()
        position = .outside
        (field, seen, given) = (nil, .init(), .init())
        (skipping, count) = (0, 0)
        (id, campaignID, start) = (nil, nil, nil)
        (message, triggeredBy) = ([], [])
    }

    /// See ``JSONHandler``.
    public var stringLimit: Int { skipping > 0 ? 0 : field?.stringLimit ?? 0 }

    /// What was read, once the text is over.
    ///
    /// - Throws: all that is wrong with the send log.
    public mutating func finish() throws(InvalidInput) -> SendLogDraft {
        for field in SendLogField.allCases where field.isRequired && !given.contains(field) {
            // A field of the wrong type was told already.
            if position != .outside, !issues.contains(where: { $0.path == field.rawValue }) {
                report(field.rawValue, "is required")
            }
        }
        guard issues.isEmpty, let campaignID else { throw InvalidInput(issues) }
        return SendLogDraft(
            id: id,
            campaignID: campaignID,
            message: message,
            triggeredBy: triggeredBy,
            start: start
        )
    }

    // MARK: JSON

    /// See ``JSONHandler``.
    public mutating func beginObject() {
        if skipping == 0, position == .outside {
            position = .object
        } else {
            beginUnexpected("an object")
        }
    }

    /// See ``JSONHandler``.
    public mutating func beginArray() {
        if skipping == 0, position == .object, field == .destinations {
            position = .destinations
            _ = given.insert(.destinations)
        } else {
            beginUnexpected("an array")
        }
    }

    /// See ``JSONHandler``.
    public mutating func endObject() {
        if skipping > 0 { skipping -= 1 }
    }

    /// See ``JSONHandler``.
    public mutating func endArray() {
        if skipping > 0 { skipping -= 1 } else { position = .object }
    }

    /// See ``JSONHandler``.
    public mutating func key(_ text: borrowing JSONText) {
        guard skipping == 0 else { return }
        field = SendLogField(utf8: text.utf8)
        if let field {
            if !seen.insert(field) { report(field.rawValue, "stands there more than once") }
        } else {
            let name = text.string
            report(String(name.unicodeScalars.prefix(64)), Naming.unknown(name, known: SendLogField.names))
        }
    }

    /// See ``JSONHandler``.
    public mutating func string(_ text: borrowing JSONText) {
        guard skipping == 0 else { return }
        guard position != .outside else { return report("", "must be an object, not a string") }
        if position == .destinations { return destination(text) }
        guard let field else { return }
        _ = given.insert(field)
        switch field {
        case .id:
            id = text.isCut ? nil : SendLogID(utf8: text.utf8)
            if id == nil { report(field.rawValue, SendLogID.rule) }
        case .campaignID:
            campaignID = text.isCut ? nil : CampaignID(utf8: text.utf8)
            if campaignID == nil { report(field.rawValue, CampaignID.rule) }
        case .message:
            message = Array(text.utf8)
            if text.isCut {
                report(field.rawValue, "must be at most 64 KiB (65,536 bytes of UTF-8) long")
            }
        case .triggeredBy:
            triggeredBy = Array(text.utf8)
            let length = text.isSimple ? text.utf8.count : text.string.unicodeScalars.count
            if text.isCut || !(1...SendLogRules.longestTrigger).contains(length) {
                report(field.rawValue, "must be 1 to \(SendLogRules.longestTrigger) characters long")
            }
        case .startDeliveryAt:
            start = text.isCut ? nil : Timestamp(rfc3339: text.utf8)
            if start == nil { report(field.rawValue, Timestamp.rule) }
        case .destinations:
            mismatch("a string")
        }
    }

    /// See ``JSONHandler``.
    public mutating func scalar(_ scalar: JSONScalar) {
        guard skipping == 0 else { return }
        if position == .object, scalar == .null, let field, !field.isRequired { return }
        mismatch(scalar.kind)
    }

    /// See ``JSONHandler``.
    public mutating func takeElements(_ text: UnsafeBufferPointer<UInt8>) -> Int {
        // Once the log is refused nobody will want the list.
        guard position == .destinations, skipping == 0, issues.isEmpty else { return 0 }
        let (length, taken) = sink.takeRun(text, most: DestinationList.most - count)
        count += taken
        return length
    }

    // MARK: Faults

    private mutating func destination(_ text: borrowing JSONText) {
        defer { count += 1 }
        if count == DestinationList.most {
            return report("destinations", "must be at most \(DestinationList.most) long")
        }
        if count > DestinationList.most { return }
        if let fault = SendLogRules.fault(ofDestination: text) {
            let index = count
            return report("destinations[\(index)]", fault)
        }
        // Once the log is refused nobody will want the list.
        if issues.isEmpty { sink.append(text) }
    }

    private mutating func beginUnexpected(_ kind: String) {
        if skipping == 0 { mismatch(kind) }
        skipping += 1
    }

    private mutating func mismatch(_ kind: String) {
        switch position {
        case .outside:
            report("", "must be an object, not \(kind)")
        case .destinations:
            let index = count
            report("destinations[\(index)]", "must be a string, not \(kind)")
            count += 1
        case .object:
            guard let field else { return }
            report(
                field.rawValue,
                "must be \(field == .destinations ? "an array of strings" : "a string"), not \(kind)"
            )
        }
    }

    /// What is not told is not put into words either: a hostile input may hold millions of faults.
    private mutating func report(_ path: @autoclosure () -> String, _ message: @autoclosure () -> String) {
        if issues.count < InvalidInput.most { issues.append(InputIssue(path: path(), message: message())) }
    }
}

/// A send log as it was read, all but its destinations.
public struct SendLogDraft: Sendable {
    /// The `_id`, where one was given.
    public let id: SendLogID?
    /// The campaign that triggered the send.
    public let campaignID: CampaignID
    /// The template as sent, in UTF-8.
    public let message: [UInt8]
    /// Why it was sent, in UTF-8.
    public let triggeredBy: [UInt8]
    /// When delivery started, where that was given.
    public let start: Timestamp?
}
