public import SendLogCore

/// A receiver of a send log's destinations while the log is read.
public protocol DestinationSink {
    /// Appends the next destination, which is valid.
    mutating func append(_ destination: borrowing JSONText)

    /// Appends as much as it accepts of the run at the beginning of some JSON text; see ``DestinationRun``.
    ///
    /// - Parameters:
    ///   - text: the text after a destination
    ///   - limit: the largest number of destinations to take
    /// - Returns: the number of bytes and of destinations taken.
    mutating func takeRun(_ text: UnsafeBufferPointer<UInt8>, limit: Int) -> (length: Int, count: Int)
}

extension DestinationSink {
    /// Takes nothing, so that all destinations come one by one through ``append(_:)``.
    public mutating func takeRun(_ text: UnsafeBufferPointer<UInt8>, limit: Int) -> (length: Int, count: Int) { (0, 0) }
}

/// A JSON handler that reads and validates a send log of any length.
///
/// Destinations go to the sink as they are read. The reader stores the other fields, each up to its maximum valid
/// length.
public struct SendLogReader<Sink: DestinationSink>: JSONHandler {
    /// The sink that received the destinations.
    public var sink: Sink

    /// The issues found so far, at most ``InvalidInput/maxIssues``.
    public private(set) var issues: [InputIssue] = []
    private let expected: TextFormat.Expected
    private var position = Position.outside
    /// The field whose value is next; `nil` within an unknown field.
    private var field: SendLogField?
    private var seen = SendLogField.FieldSet()
    private var given = SendLogField.FieldSet()
    /// The number of open containers within a value that is skipped.
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

    /// Creates a reader for one send log; what the text should be decides which hints the issues have.
    public init(sink: Sink, expected: TextFormat.Expected = .sendLog) {
        (self.sink, self.expected) = (sink, expected)
    }

    /// Resets the reader for the next log, for which the caller prepares the sink.
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

    /// Returns the fields read, after the end of the text.
    ///
    /// - Throws: the issues found in the send log, at most ``InvalidInput/maxIssues``.
    public mutating func finish() throws(InvalidInput) -> ParsedSendLog {
        for field in SendLogField.allCases where field.isRequired && !given.contains(field) {
            // A field of the wrong type is reported already.
            if position != .outside, !issues.contains(where: { $0.path == field.rawValue }) {
                report(field.rawValue, "is required")
            }
        }
        guard issues.isEmpty, let campaignID else { throw InvalidInput(issues) }
        return ParsedSendLog(id: id, campaignID: campaignID, message: message, triggeredBy: triggeredBy, start: start)
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
            if !seen.insert(field) { report(field.rawValue, "must be given only once") }
        } else {
            let name = text.string
            report(Naming.path(name), Naming.unknown(name, known: SendLogField.names))
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
            id = text.isTruncated ? nil : SendLogID(utf8: text.utf8)
            if id == nil { report(field.rawValue, SendLogID.rule) }
        case .campaignID:
            campaignID = text.isTruncated ? nil : CampaignID(utf8: text.utf8)
            if campaignID == nil { report(field.rawValue, CampaignID.rule) }
        case .message:
            message = Array(text.utf8)
            if text.isTruncated { report(field.rawValue, "must be at most 64 KiB (65,536 bytes of UTF-8) long") }
        case .triggeredBy:
            triggeredBy = Array(text.utf8)
            let length = text.isSimple ? text.utf8.count : text.string.unicodeScalars.count
            if text.isTruncated || !(1...SendLogRules.maxTriggeredByLength).contains(length) {
                report(field.rawValue, "must be 1 to \(SendLogRules.maxTriggeredByLength) characters long")
            }
        case .startDeliveryAt:
            start = text.isTruncated ? nil : Timestamp(rfc3339: text.utf8)
            if start == nil {
                let text = text.string
                report(field.rawValue, Timestamp.fault(of: text))
            }
        case .destinations:
            mismatch("a string")
        }
    }

    /// See ``JSONHandler``.
    public mutating func scalar(_ scalar: JSONScalar) {
        guard skipping == 0 else { return }
        if position == .object, scalar == .null, let field, !field.isRequired { return }
        if case .number = scalar, position == .object, field == .destinations, expected == .line {
            // Exports have the number of destinations by default.
            let hint = "if this is an export, export with group_destinations=list"
            report("destinations", "must be an array of strings, not a number; \(hint)")
        } else {
            mismatch(scalar.kind)
        }
    }

    /// See ``JSONHandler``.
    public mutating func takeElements(_ text: UnsafeBufferPointer<UInt8>) -> Int {
        // The list of an invalid log is not needed.
        guard position == .destinations, skipping == 0, issues.isEmpty else { return 0 }
        let (length, taken) = sink.takeRun(text, limit: DestinationList.maxCount - count)
        count += taken
        return length
    }

    // MARK: Invalid input

    private mutating func destination(_ text: borrowing JSONText) {
        defer { count += 1 }
        if count == DestinationList.maxCount {
            return report("destinations", "must have at most \(DestinationList.maxCount) elements")
        }
        if count > DestinationList.maxCount { return }
        if let fault = SendLogRules.fault(ofDestination: text) {
            let index = count
            return report("destinations[\(index)]", fault)
        }
        // The list of an invalid log is not needed.
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
            let expected =
                switch field {
                case .destinations: "an array of strings"
                case .startDeliveryAt: "a date-time in a string"
                default: "a string"
                }
            report(field.rawValue, "must be \(expected), not \(kind)")
        }
    }

    /// Adds an issue, unless ``InvalidInput/maxIssues`` is reached.
    ///
    /// The arguments are autoclosures, so that no text is built for an issue that is not reported: a hostile input may
    /// have millions of issues.
    private mutating func report(_ path: @autoclosure () -> String, _ message: @autoclosure () -> String) {
        if issues.count < InvalidInput.maxIssues { issues.append(InputIssue(path: path(), message: message())) }
    }
}
