import Foundation
import SendLogAPI
import SendLogCore

/// Checks the query strings of pages.
///
/// If a page ignored a misspelt parameter, it would show all rows as the result of a filter.
extension QueryString {
    /// Returns a sentence for each parameter that is unknown, or given twice.
    ///
    /// - Parameters:
    ///   - known: the names of the page's parameters
    ///   - repeatable: those of them that can be given several times
    /// - Returns: the sentences, at most ``InvalidInput/maxIssues``.
    func problems(known: [String], repeatable: [String] = []) -> [String] {
        var (problems, seen): ([String], Set<String>) = ([], [])
        for (name, _) in pairs where problems.count < InvalidInput.maxIssues {
            if !known.contains(name) {
                let nearest = NearestName.to(name, among: known).map { " Did you mean “\($0)”?" } ?? ""
                problems.append("The parameter “\(Naming.shown(name))” is unknown.\(nearest)")
            } else if !seen.insert(name).inserted, !repeatable.contains(name) {
                problems.append("“\(name)” must be given only once.")
            }
        }
        return problems
    }

    /// Refuses parameters that are unknown, or given twice.
    ///
    /// - Throws: ``InvalidInput`` that the error page shows.
    func check(known: [String]) throws(InvalidInput) {
        let problems = problems(known: known)
        if !problems.isEmpty { throw InvalidInput(sentences: problems) }
    }

    /// Parses the value of a parameter.
    ///
    /// - Parameters:
    ///   - name: the name of the parameter
    ///   - rule: which values are valid, as the end of a sentence
    ///   - parse: parses the value without spaces around it; returns `nil` if it is invalid
    /// - Returns: the value; `nil` if the parameter is not given, or empty.
    /// - Throws: ``InvalidInput`` that says which values are valid.
    func value<Value>(_ name: String, _ rule: String, _ parse: (String) -> Value?) throws(InvalidInput) -> Value? {
        guard let text = self[name]?.trimmingCharacters(in: .whitespaces), !text.isEmpty else { return nil }
        if let value = parse(text) { return value }
        throw InvalidInput(sentences: ["“\(name)” must be \(rule), not “\(Naming.shown(text))”."])
    }

    /// Parses the parameter `page`.
    ///
    /// - Returns: the number of the page, from 1; 1 if it is not given.
    /// - Throws: ``InvalidInput`` that says which values are valid.
    func page() throws(InvalidInput) -> Int {
        // The limit ensures that the number of rows before the page cannot overflow.
        try value("page", "a number from 1") { Int($0).flatMap { (1...1 << 40).contains($0) ? $0 : nil } } ?? 1
    }

    /// Parses the parameter `as_of`.
    ///
    /// - Returns: the snapshot that the pages of a result share; `nil` if it is not given.
    /// - Throws: ``InvalidInput`` that says which values are valid.
    func asOf() throws(InvalidInput) -> SequenceNumber? {
        try value("as_of", "a number from 0") { Int64($0).flatMap { $0 < 0 ? nil : SequenceNumber($0) } }
    }

    /// Parses the parameter `recipient`.
    ///
    /// - Returns: the token of a link; `nil` if it is not given, or empty.
    /// - Throws: ``InvalidInput`` that does not repeat the text, because it may be a number.
    func recipient() throws(InvalidInput) -> RecipientToken? {
        guard let text = self["recipient"], !text.isEmpty else { return nil }
        if let token = RecipientToken(text) { return token }
        throw InvalidInput(sentences: ["“recipient” must be the token of a link. Enter the recipient in the form."])
    }
}

extension InvalidInput {
    /// Creates an error of sentences for the user of a page.
    init(sentences: [String]) {
        self.init(sentences.map { InputIssue(path: "", message: $0, isSentence: true) })
    }
}
