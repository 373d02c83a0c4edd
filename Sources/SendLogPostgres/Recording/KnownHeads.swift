import SendLogCore
import Synchronization

/// How far each organisation's order of recording had come when this server last recorded for it.
///
/// Where nobody can tell whether a first try recorded a log, it tells that try's logs from those that were there long before.
final class KnownHeads: Sendable {
    private static let most = 100_000
    private let heads = Mutex<[OrganisationID: SequenceNumber]>([:])

    /// A log up to which everything was there before; `nil` where nothing is known.
    func head(of organisation: OrganisationID) -> SequenceNumber? { heads.withLock { $0[organisation] } }

    func note(_ head: SequenceNumber, of organisation: OrganisationID) {
        heads.withLock { heads in
            if heads.count >= Self.most { heads = [:] }
            heads[organisation] = head
        }
    }
}
