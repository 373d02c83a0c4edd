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
        let rule = "must be a whole number from \(range.lowerBound) to \(Self.text(range.upperBound))"
        guard case .scalar(.number(let number)) = value else { return report(path, "\(rule), not \(value.kind)") }
        guard let integer = number.integer, range.contains(integer) else {
            return report(path, "\(rule); it is \(Naming.shown(number.text))")
        }
        set(&self, integer)
    }

    /// Reads the direction of a sort order, which is -1 or 1; a message explains it as `rule`.
    mutating func direction(
        _ value: JSONValue,
        at path: String,
        _ rule: String,
        then set: (inout Self, Int) -> Void
    ) {
        guard case .scalar(.number(let number)) = value else {
            return report(path, "must be \(rule), not \(value.kind)")
        }
        guard let integer = number.integer, [-1, 1].contains(integer) else {
            return report(path, "must be \(rule); it is \(Naming.shown(number.text))")
        }
        set(&self, integer)
    }

    /// Returns a bound as messages write it: `10,000`, or `2^53` for the largest integer that every JSON parser keeps.
    private static func text(_ bound: Int) -> String {
        if bound == 1 << 53 { return "2^53" }
        var text = String(bound)
        for offset in stride(from: 3, to: text.count, by: 3).reversed() where bound > 0 {
            text.insert(",", at: text.index(text.endIndex, offsetBy: -offset))
        }
        return text
    }

    /// Reads each member of an object, of which no name may be given twice; skips `null` members.
    ///
    /// - Parameters:
    ///   - value: the object
    ///   - path: the path of the object
    ///   - known: the known names
    ///   - kind: what a message calls the names
    ///   - example: an example of the object in JSON, for the error for another value
    ///   - deeper: the paths of fields that may be given here by mistake
    ///   - read: reads a member that is not `null`
    mutating func each(
        of value: JSONValue,
        at path: String,
        known: [String],
        kind: String = "field",
        example: String? = nil,
        deeper: FieldPaths = [],
        read: (inout Self, String, JSONValue) -> Void
    ) {
        if value == .scalar(.null), !path.isEmpty { return }
        guard case .object(let members) = value else {
            return report(path, "must be an object\(example.map { " such as \($0)" } ?? ""), not \(value.kind)")
        }
        var seen: Set<String> = []
        for member in members {
            func memberPath() -> String { "\(path.isEmpty ? "" : "\(path).")\(Naming.path(member.name))" }
            if !known.contains(member.name) {
                if let place = deeper.path(meantBy: member.name, insteadOf: known) {
                    let parent = place.prefix(upTo: place.lastIndex(of: ".") ?? place.endIndex)
                    report(memberPath(), "is not a known \(kind); it belongs in \(parent), as \(place)")
                } else {
                    report(memberPath(), Naming.unknown(member.name, known: known, kind: kind))
                }
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
