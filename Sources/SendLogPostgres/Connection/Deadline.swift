/// A moment after which nothing is waited for any longer.
struct Deadline {
    private let end: ContinuousClock.Instant?

    /// Some time from now; `nil` for never.
    init(after duration: Duration?) {
        end = duration.map { .now + $0 }
    }

    /// Milliseconds that are left, as `poll` takes them: -1 for as long as it takes.
    var milliseconds: Int32 {
        guard let end else { return -1 }
        let left = (end - .now).components
        return Int32(clamping: max(0, left.seconds * 1000 + left.attoseconds / 1_000_000_000_000_000 + 1))
    }
}
