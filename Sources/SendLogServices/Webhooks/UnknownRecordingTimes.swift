package import SendLogCore

/// A refusal of a replay, because the times of recording are not known for so long.
package struct UnknownRecordingTimes: Error, Equatable {
    /// The field that must be later: `from` or `to`.
    package let field: String
    /// The first full second that is accepted; `nil` if no sample was taken yet, so that there is one in a minute.
    package let since: Timestamp?
    /// Which sends were to be replayed.
    private let kind: ReplayRange.Kind

    /// Creates a refusal, with the first sample.
    package init(field: String, first: RecordingTime?, kind: ReplayRange.Kind) {
        (self.field, self.kind) = (field, kind)
        since = first.map { $0.at.advanced(by: RecordingTime.tolerance + 1000 - $0.at.milliseconds % 1000) }
    }

    /// The error for clients of the API.
    package var invalidInput: InvalidInput {
        let since = since.map { "since \($0)" } ?? "from the next minute on"
        let advice = kind == .all ? "use after with a sequence number" : "leave out \(field)"
        return InvalidInput(path: field, "must be later: times of recording are known \(since); \(advice)")
    }
}
