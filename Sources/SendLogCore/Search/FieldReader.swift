/// A reader of a JSON body that reads field by field and collects the issues.
protocol FieldReader {
    /// The issues found so far; see ``report(_:_:)``.
    var issues: [InputIssue] { get set }
}

extension FieldReader {
    /// Reads a whole number within a range.
    mutating func integer(
        _ value: JSONValue,
        at path: String,
        in range: ClosedRange<Int>,
        then set: (inout Self, Int) -> Void
    ) {
        let most = range.upperBound == SendLogSearch.maxLimit ? "10,000" : "2^53"
        let rule = "must be a whole number from 0 to \(most)"
        guard case .scalar(.number(let number)) = value else { return report(path, "\(rule), not \(value.kind)") }
        guard let integer = number.integer, range.contains(integer) else {
            return report(path, "\(rule); it is \(Naming.shown(number.text))")
        }
        set(&self, integer)
    }

    /// Reads each member of an object, of which no name may be given twice; skips `null` members.
    ///
    /// `kind` is what a message calls the names of the members.
    mutating func each(
        of value: JSONValue,
        at path: String,
        known: [String],
        kind: String = "field",
        read: (inout Self, String, JSONValue) -> Void
    ) {
        if value == .scalar(.null), !path.isEmpty { return }
        guard case .object(let members) = value else { return report(path, "must be an object, not \(value.kind)") }
        var seen: Set<String> = []
        for member in members {
            func memberPath() -> String { "\(path.isEmpty ? "" : "\(path).")\(Naming.path(member.name))" }
            if !known.contains(member.name) {
                report(memberPath(), Naming.unknown(member.name, known: known, kind: kind))
            } else if !seen.insert(member.name).inserted {
                report(memberPath(), "must be given only once")
            } else if member.value != .scalar(.null) {
                read(&self, member.name, member.value)
            }
        }
    }

    /// Adds an issue, unless ``InvalidInput/maxIssues`` is reached.
    ///
    /// The arguments are autoclosures, so that no text is built for an issue that is not reported: a hostile input may
    /// have millions of issues.
    mutating func report(_ path: @autoclosure () -> String, _ message: @autoclosure () -> String) {
        if issues.count < InvalidInput.maxIssues { issues.append(InputIssue(path: path(), message: message())) }
    }
}
