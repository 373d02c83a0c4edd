/// One thing that is wrong with an input, and where.
public struct InputIssue: Equatable, Sendable {
    /// The field at fault, such as `find.campaign_id[2]`; empty for the input as a whole.
    public let path: String
    /// What is wrong with it, so that path and message read as one sentence.
    public let message: String

    /// Names a field and what is wrong with it.
    public init(path: String, message: String) {
        self.path = path
        self.message = message
    }
}

/// An input that breaks the rules, with at least one issue.
public struct InvalidInput: Error, Equatable, Sendable {
    /// What is wrong, in the order of the input; after the first ``most`` the rest is left out.
    public let issues: [InputIssue]

    /// How many issues are told at once.
    public static let most = 20

    /// Refuses an input for several reasons.
    public init(_ issues: [InputIssue]) {
        self.issues = Array(issues.prefix(Self.most))
    }

    /// Refuses an input for one reason.
    public init(path: String, _ message: String) {
        issues = [InputIssue(path: path, message: message)]
    }

    /// Refuses a text that is not JSON.
    public init(_ error: JSONSyntaxError) {
        self.init(path: "", "is not valid JSON: \(error.message), at byte \(error.offset)")
    }

    /// One sentence for people that names the first field at fault.
    public var message: String {
        guard let first = issues.first else { return "the input is not valid" }
        let more = issues.count > 1 ? " (and \(issues.count - 1) more)" : ""
        return "\(first.path.isEmpty ? "the body" : first.path) \(first.message)\(more)"
    }
}

/// Describes names that people typed, for error messages.
enum Naming {
    /// A name in quotes, of a long one the beginning.
    static func quoted(_ name: String) -> String {
        let scalars = name.unicodeScalars
        let shown = String(String.UnicodeScalarView(scalars.prefix(40)))
        return "\"\(shown)\(scalars.count > 40 ? "…" : "")\""
    }

    /// What is said of a field that is not known.
    static func unknown(_ name: String, known: [String]) -> String {
        if let nearest = NearestName.to(name, among: known) {
            return "is not a known field; did you mean \(quoted(nearest))?"
        }
        return "is not a known field; known are \(known.map(quoted).joined(separator: ", "))"
    }
}
