/// Something that an operator should know or change.
///
/// Its texts have no secret, no destination and no message.
public struct DoctorFinding: Encodable, Equatable, Sendable {
    /// The check that found it.
    public let check: Check
    /// How urgent it is.
    public let severity: Severity
    /// What is wrong, in one line.
    public let message: String
    /// What to do, in one line.
    public let advice: String

    /// A check of `sendlog doctor`.
    public enum Check: String, Encodable, CaseIterable, Sendable {
        /// Whether the settings are valid.
        case settings
        /// Whether the database can be opened.
        case database
        /// Damage in the database, as far as a quick look finds it.
        case damage
        /// The modes of files and folders.
        case fileModes
        /// The free space of file systems.
        case freeSpace
        /// The size of the WAL.
        case wal
        /// The age of the last backup.
        case lastBackup
        /// The limit of open files.
        case openFiles
        /// The address that the server listens on.
        case address
        /// Stored times in the future.
        case clock
        /// Paused, failing and delayed webhooks.
        case webhooks
        /// Keys that have every permission and never expire.
        case keys
    }

    /// The severity of a finding.
    public enum Severity: String, Encodable, CaseIterable, Comparable, Sendable {
        /// Something to know.
        case note
        /// Something to change soon.
        case warning
        /// Something that fails now, or that loses data.
        case problem

        /// Orders severities, the most urgent one last.
        public static func < (left: Severity, right: Severity) -> Bool { left.order < right.order }

        private var order: Int {
            switch self {
            case .note: 0
            case .warning: 1
            case .problem: 2
            }
        }
    }

    init(_ check: Check, _ severity: Severity, _ message: String, advice: String) {
        (self.check, self.severity, self.message, self.advice) = (check, severity, message, advice)
    }
}
