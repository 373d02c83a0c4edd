import Foundation
import UnixSignals

/// The signals at which the server completes the requests in progress, and ends.
enum StopSignals {
    /// SIGTERM, SIGINT, and SIGHUP unless it is ignored, as under `nohup`.
    ///
    /// A terminal that is closed sends SIGHUP, whose default action would end the process at once.
    static var all: [UnixSignal] {
        var action = sigaction()
        let isKnown = sigaction(SIGHUP, nil, &action) == 0
        #if canImport(Glibc)
        let handler = action.__sigaction_handler.sa_handler
        #else
        let handler = action.__sigaction_u.__sa_handler
        #endif
        let isIgnored = isKnown && unsafeBitCast(handler, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self)
        return [.sigterm, .sigint] + (isIgnored ? [] : [.sighup])
    }
}
