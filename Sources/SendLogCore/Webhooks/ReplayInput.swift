/// What a client enters to have past sends delivered again: parsed from JSON and valid.
public struct ReplayInput: Equatable, Sendable {
    /// Which sends are delivered.
    public let kind: ReplayRange.Kind
    /// The earliest time of recording, inclusive; `nil` for no limit.
    public var from: Timestamp?
    /// The latest time of recording, inclusive; `nil` for no limit.
    public var to: Timestamp?
    /// The sequence number after which the sends begin; `nil` if it follows from ``from``.
    public var after: SequenceNumber?

    /// The names of the fields of a redelivery of failed deliveries.
    package static let redeliveryFields = ["state", "from", "to"]
    /// The names of the fields of a replay.
    package static let replayFields = ["from", "to", "after"]

    /// Creates an input.
    package init(_ kind: ReplayRange.Kind, from: Timestamp? = nil, to: Timestamp? = nil, after: SequenceNumber? = nil) {
        (self.kind, self.from, self.to, self.after) = (kind, from, to, after)
    }

    /// Returns whether the range of times is empty, because it ends before it begins, or begins in the future.
    package func isEmpty(at now: Timestamp) -> Bool {
        guard let from else { return false }
        return to.map { $0 < from } == true || from > now.advanced(by: RecordingTime.tolerance)
    }

    /// Parses the body of a redelivery: `{"state": "failed", "from": …, "to": …}`, of which the times may be left out.
    ///
    /// - Throws: ``InvalidInput`` with all issues.
    package init(redelivery body: JSONValue) throws(InvalidInput) { try self.init(.failed, body) }

    /// Parses the body of a replay: `{"from": …, "to": …}`, of which `to` may be left out, or `{"after": …}`.
    ///
    /// - Throws: ``InvalidInput`` with all issues.
    package init(replay body: JSONValue) throws(InvalidInput) { try self.init(.all, body) }

    private init(_ kind: ReplayRange.Kind, _ body: JSONValue) throws(InvalidInput) {
        var reader = ReplayReader(input: ReplayInput(kind))
        reader.read(body)
        guard reader.issues.isEmpty else { throw InvalidInput(reader.issues) }
        self = reader.input
    }

    /// Returns the issue of the fields together; `nil` if there is none.
    package var issue: InputIssue? {
        guard kind == .all else { return nil }
        switch (from, after, to) {
        case (nil, nil, _):
            return InputIssue(path: "from", message: "is required, unless after has a sequence number")
        case (_?, _?, _): return InputIssue(path: "after", message: "must not be given together with from")
        case (nil, _?, _?): return InputIssue(path: "to", message: "can be given only together with from")
        default: return nil
        }
    }
}

/// A reader of a body that reads member by member and collects the issues.
private struct ReplayReader: FieldReader {
    var input: ReplayInput
    var issues: [InputIssue] = []
    private var state: String?

    init(input: ReplayInput) { self.input = input }

    mutating func read(_ body: JSONValue) {
        let isRedelivery = input.kind == .failed
        let known = isRedelivery ? ReplayInput.redeliveryFields : ReplayInput.replayFields
        each(of: body, at: "", known: known) { reader, name, value in
            switch name {
            case "state": reader.readState(value)
            case "from": reader.input.from = reader.timestamp(value, at: name)
            case "to": reader.input.to = reader.timestamp(value, at: name)
            default:
                reader.integer(value, at: name, in: 0...(1 << 53)) { $0.input.after = SequenceNumber(Int64($1)) }
            }
        }
        guard issues.isEmpty else { return }
        if isRedelivery, state == nil { report("state", "is required; it must be \"failed\"") }
        if let issue = input.issue { report(issue.path, issue.message) }
    }

    private mutating func readState(_ value: JSONValue) {
        guard value == .string("failed") else {
            return report("state", "must be \"failed\": only failed deliveries can be redelivered together")
        }
        state = "failed"
    }

    private mutating func timestamp(_ value: JSONValue, at path: String) -> Timestamp? {
        guard case .string(let text) = value else {
            report(path, "must be a date-time in a string, not \(value.kind)")
            return nil
        }
        if let time = Timestamp(rfc3339: text) { return time }
        report(path, Timestamp.fault(of: text))
        return nil
    }
}
