import NIOPosix
import SendLogCore
import Synchronization

/// Threads for what cannot be called off, of which nobody gets more than a share: who is slow keeps but their own waiting.
final class SharedThreads: Sendable {
    /// Work that goes on by itself.
    typealias Work = @Sendable () -> Void

    private struct Share {
        var busy = 0
        var waiting: [Work] = []
    }

    private let threads: NIOThreadPool
    private let most: Int
    private let shares = Mutex<[OrganisationID: Share]>([:])

    /// Starts threads.
    ///
    /// - Parameters:
    ///   - count: how many
    ///   - most: how many of them an organisation has at the same time
    init(count: Int, each most: Int) {
        threads = NIOThreadPool(numberOfThreads: count)
        threads.start()
        self.most = most
    }

    /// Has work done for an organisation, as soon as one of its threads is free, in the order in which it comes.
    func submit(for organisation: OrganisationID, _ work: @escaping Work) {
        let isFree = shares.withLock { shares in
            var share = shares[organisation, default: Share()]
            defer { shares[organisation] = share }
            let isFree = share.busy < most
            if isFree { share.busy += 1 } else { share.waiting.append(work) }
            return isFree
        }
        if isFree { run(work, for: organisation) }
    }

    private func run(_ work: @escaping Work, for organisation: OrganisationID) {
        threads.submit { [self] _ in
            work()
            if let next = next(of: organisation) { run(next, for: organisation) }
        }
    }

    /// Takes what waits for the thread that has become free.
    private func next(of organisation: OrganisationID) -> Work? {
        shares.withLock { shares in
            guard var share = shares[organisation] else { return nil }
            if !share.waiting.isEmpty {
                let next = share.waiting.removeFirst()
                shares[organisation] = share
                return next
            }
            share.busy -= 1
            shares[organisation] = share.busy > 0 ? share : nil
            return nil
        }
    }
}
