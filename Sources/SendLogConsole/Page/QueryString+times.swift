import SendLogAPI
import SendLogCore

/// Keeps the times of forms that were submitted unchanged.
extension QueryString {
    /// The prefix of a hidden field with the moment of a form's time: its local time may stand for two moments.
    static let shownPrefix = "shown_"

    /// Returns the query with the moment that the form showed in place of each local time that was not changed.
    ///
    /// - Parameters:
    ///   - times: the names of the times, each of which may have a hidden field; those that end with `to` end a range
    ///   - zone: the time zone of the form
    /// - Returns: the query without the hidden fields.
    func withShownMoments(of times: [String], in zone: UserTimeZone) -> QueryString {
        let hidden = times.map { Self.shownPrefix + $0 }
        let kept = pairs.filter { !hidden.contains($0.name) }.map { name, value in
            guard times.contains(name), let shown = self[Self.shownPrefix + name].flatMap({ Timestamp(rfc3339: $0) }),
                zone.isShown(shown, as: value, isEnd: name.hasSuffix("to"))
            else { return (name: name, value: value) }
            return (name: name, value: shown.description)
        }
        return QueryString(kept.encoded[...])
    }
}

extension [(name: String, value: String)] {
    /// The parameters as the query of a URL, without a question mark.
    var encoded: String {
        map { "\(QueryString.encode($0.name))=\(QueryString.encode($0.value))" }.joined(separator: "&")
    }
}
