/// An issue in an input: the field, and what is wrong with it.
public struct InputIssue: Equatable, Sendable {
    /// The path of the invalid field, such as `find.campaign_id[2]`; empty for the input as a whole.
    public let path: String
    /// What is wrong, worded so that path and message form one sentence unless ``isSentence`` is true.
    public let message: String
    /// Whether the message is a sentence without the path, such as a limit that is reached.
    public let isSentence: Bool

    /// Creates an issue of a field.
    public init(path: String, message: String, isSentence: Bool = false) {
        (self.path, self.message, self.isSentence) = (path, message, isSentence)
    }
}

/// An error for invalid input, with at least one issue.
public struct InvalidInput: Error, Equatable, Sendable {
    /// The issues in the order of the input, at most ``maxIssues``.
    public let issues: [InputIssue]

    /// The largest number of issues that are reported at once.
    public static let maxIssues = 20

    /// Creates an error with several issues.
    public init(_ issues: [InputIssue]) {
        self.issues = Array(issues.prefix(Self.maxIssues))
    }

    /// Creates an error with one issue.
    public init(path: String, _ message: String) {
        issues = [InputIssue(path: path, message: message)]
    }

    /// Creates an error for a text that is not valid JSON.
    public init(_ error: JSONSyntaxError) {
        self.init(path: "", "is not valid JSON: \(error.message), at byte \(error.offset)")
    }

    /// One sentence that names the first invalid field, for people.
    public var message: String {
        guard let first = issues.first else { return "the input is invalid" }
        let more = issues.count > 1 ? " (and \(issues.count - 1) more)" : ""
        if first.isSentence { return first.message + more }
        return "\(first.path.isEmpty ? "the body" : first.path) \(first.message)\(more)"
    }
}
