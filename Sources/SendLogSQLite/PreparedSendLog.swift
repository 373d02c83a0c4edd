import SendLogContent
import SendLogCore

/// A log with its digest and packed ID, which are computed before the log reaches the single writer.
struct PreparedSendLog: Sendable {
    let digested: DigestedSendLog
    let id: PackedID

    var log: NewSendLog { digested.log }

    init(_ log: NewSendLog) {
        digested = DigestedSendLog(log)
        id = PackedID(log.id)
    }
}
