import SendLogContent
import SendLogCore

/// A log with what can be computed before the one writer's turn.
struct PreparedSendLog: Sendable {
    let digested: DigestedSendLog
    let id: PackedID

    var log: NewSendLog { digested.log }

    init(_ log: NewSendLog) {
        digested = DigestedSendLog(log)
        id = PackedID(log.id)
    }
}
