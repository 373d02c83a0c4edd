import NIOPosix
import SendLogCore
import Synchronization

/// Threads for work that cannot be cancelled, shared fairly between organisations: see ``FairShares``.
final class FairThreadPool: Sendable {
    /// What to do on a thread.
    typealias Work = @Sendable () -> Void

    private struct State {
        var shares: FairShares
        /// What waits, in the order in which it came.
        var waiting: [(organisation: OrganisationID, work: Work)] = []

        /// Takes the first work that waits of the organisation that has the fewest threads, if it may have one more.
        mutating func next() -> (organisation: OrganisationID, work: Work)? {
            var best: (position: Int, used: Int)?
            var seen: Set<OrganisationID> = []
            for (position, entry) in waiting.enumerated() where seen.insert(entry.organisation).inserted {
                let used = shares.used(by: entry.organisation)
                if shares.hasRoom(for: entry.organisation), best.map({ used < $0.used }) ?? true {
                    best = (position, used)
                }
            }
            guard let best else { return nil }
            let entry = waiting.remove(at: best.position)
            shares.take(for: entry.organisation)
            return entry
        }
    }

    private let threads: NIOThreadPool
    private let state: Mutex<State>

    /// Starts threads.
    init(count: Int) {
        threads = NIOThreadPool(numberOfThreads: count)
        threads.start()
        state = Mutex(State(shares: FairShares(capacity: count)))
    }

    /// Has work done for an organisation, as soon as it may have a thread.
    func submit(for organisation: OrganisationID, _ work: @escaping Work) {
        state.withLock { $0.waiting.append((organisation, work)) }
        startNext()
    }

    private func startNext() {
        while let (organisation, work) = state.withLock({ $0.next() }) {
            threads.submit { [self] _ in
                work()
                state.withLock { $0.shares.release(for: organisation) }
                startNext()
            }
        }
    }
}
