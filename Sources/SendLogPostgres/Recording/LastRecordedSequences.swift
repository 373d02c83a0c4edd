import SendLogCore
import Synchronization

/// The last sequence number that this server recorded for each organisation.
///
/// When a recording call is repeated after a lost connection, it is unknown whether the first call committed. A log
/// above this number counts as recorded by the first call; a log at or below it existed before.
final class LastRecordedSequences: Sendable {
    private static let maxCount = 100_000
    private let heads = Mutex<[OrganisationID: SequenceNumber]>([:])

    /// Returns a sequence number up to which all logs existed before; `nil` if none is known.
    func head(of organisation: OrganisationID) -> SequenceNumber? { heads.withLock { $0[organisation] } }

    func record(_ head: SequenceNumber, of organisation: OrganisationID) {
        heads.withLock { heads in
            if heads.count >= Self.maxCount { heads = [:] }
            heads[organisation] = head
        }
    }
}
