/// A point in time at which waiting ends.
struct Deadline {
    private let end: ContinuousClock.Instant?

    /// Creates a deadline some time from now; `nil` for no deadline.
    init(after duration: Duration?) {
        end = duration.map { .now + $0 }
    }

    /// The remaining milliseconds, as `poll` takes them; -1 for no limit.
    var milliseconds: Int32 {
        guard let end else { return -1 }
        let left = (end - .now).components
        return Int32(clamping: max(0, left.seconds * 1000 + left.attoseconds / 1_000_000_000_000_000 + 1))
    }
}
