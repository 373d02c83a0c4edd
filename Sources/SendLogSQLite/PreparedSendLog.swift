import SendLogCore

/// A log with what can be computed before the one writer's turn.
struct PreparedSendLog: Sendable {
    let log: NewSendLog
    let id: PackedID
    let digest: [UInt8]
}
