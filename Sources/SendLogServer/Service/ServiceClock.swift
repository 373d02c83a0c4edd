import Foundation
public import SendLogCore

/// The system's clock.
public enum ServiceClock {
    /// Returns the current time, in milliseconds.
    public static func now() -> Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000) ?? .latest
    }
}
