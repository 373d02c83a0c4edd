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
    ///
    /// - Parameters:
    ///   - error: the error in the text
    ///   - head: the first bytes of the text, for a hint at its format; see ``TextFormat``
    ///   - expected: what the text should be
    public init(_ error: JSONSyntaxError, head: [UInt8] = [], expected: TextFormat.Expected = .json) {
        self.init(path: "", error.explanation(head: head, expected: expected))
    }

    /// One sentence that names the first invalid field, for people.
    public var message: String { message(listing: 1) }

    /// Names the first invalid fields in one sentence, for people.
    ///
    /// - Parameters:
    ///   - count: the largest number of fields to name; the others are counted
    ///   - root: the name of the input as a whole
    /// - Returns: the sentence.
    public func message(listing count: Int, root: String = "the body") -> String {
        if issues.isEmpty { return "the input is invalid" }
        let listed = issues.prefix(count).map { issue in
            issue.isSentence ? issue.message : "\(issue.path.isEmpty ? root : issue.path) \(issue.message)"
        }
        // The last issue that is reported may not be the last one of the input.
        let least = issues.count == Self.maxIssues ? "at least " : ""
        let more = issues.count > count ? " (and \(least)\(issues.count - count) more)" : ""
        return listed.joined(separator: "; ") + more
    }
}
