import Foundation

/// The messages of libdispatch, which it writes to syslog.
enum DispatchLog {
    /// Turns the messages off, unless the environment says otherwise; to be called before the first thread starts.
    ///
    /// For each thread whose nice value it cannot lower, which only root may do, there would be a line beside the server's
    /// own in the journal, which is not JSON.
    static func turnOff() { setenv("LIBDISPATCH_LOG", "NO", 0) }
}
