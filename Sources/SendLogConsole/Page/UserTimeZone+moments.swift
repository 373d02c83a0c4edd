import SendLogCore

/// Finds the moments of local times.
extension UserTimeZone {
    /// The moments at which clocks show a local time.
    enum Moments: Equatable {
        case once(Timestamp)
        /// Clocks were set back, and show the time twice.
        case twice(Timestamp, Timestamp)
        /// Clocks were set forward at a moment, and skip the time.
        case skipped(at: Timestamp)

        /// The first moment at which clocks show the time or a later one.
        var first: Timestamp {
            switch self {
            case .once(let moment), .twice(let moment, _), .skipped(let moment): moment
            }
        }

        /// The last moment at which clocks show the time or an earlier one.
        var last: Timestamp {
            switch self {
            case .once(let moment), .twice(_, let moment): moment
            case .skipped(let moment): moment.advanced(by: -1)
            }
        }
    }

    /// Returns the moments at which clocks show a local time.
    ///
    /// - Parameter local: the local time, as the UTC time with the same digits
    /// - Returns: `nil` if they are outside the years 0000 to 9999.
    func moments(local: Timestamp) -> Moments? {
        // Offsets are less than a day, and change at most once within two days, so one of these two applies.
        let before = offset(atMilliseconds: local.milliseconds - Day.milliseconds)
        let after = offset(atMilliseconds: local.milliseconds + Day.milliseconds)
        let (early, late) = (local.milliseconds - max(before, after), local.milliseconds - min(before, after))
        let found = (before == after ? [early] : [early, late]).filter {
            offset(atMilliseconds: $0) == local.milliseconds - $0
        }
        switch found.count {
        case 2:
            guard let first = Timestamp(milliseconds: early), let second = Timestamp(milliseconds: late) else {
                return nil
            }
            return .twice(first, second)
        case 1: return Timestamp(milliseconds: found[0]).map { .once($0) }
        default: return Timestamp(milliseconds: change(after: early, until: late)).map { .skipped(at: $0) }
        }
    }

    /// Returns the first millisecond of the offset that applies at the end of a range in which the offset changes once.
    private func change(after begin: Int64, until end: Int64) -> Int64 {
        let offset = offset(atMilliseconds: end)
        var (low, high) = (begin, end)
        while high - low > 1 {
            let middle = low + (high - low) / 2
            if self.offset(atMilliseconds: middle) == offset { high = middle } else { low = middle }
        }
        return high
    }
}
