import SendLogCore
import Synchronization

/// Detects that the files of an open database were deleted, moved or replaced, so that no write is confirmed that is
/// lost.
final class FileWatch: Sendable {
    private let path: String
    private let file: OpenFile
    /// The files beside it by their suffix.
    private let companions: [String: FileID]
    private let hasFailed = Atomic(false)
    private let state = Mutex(State())
    /// Held during a check, so that an older result does not replace a newer one.
    private let checking = Mutex(())

    private struct State {
        var failure: Failure?
        /// The page of the file by which the WAL was last found to belong to it.
        var page: (generation: WALGeneration, offset: Int, pageSize: Int)?
    }

    private enum Failure {
        /// Another file, or none, has the path; SQLite still uses the original one.
        case moved
        /// The `-wal` or `-shm` file is no longer beside the file.
        case lacks(String)
        /// Another program wrote to the file.
        case overwritten
    }

    /// Watches a database that a connection has open.
    ///
    /// - Parameters:
    ///   - path: the path of the file
    ///   - file: the file, which must stay open until SQLite has closed it
    init(_ path: String, _ file: OpenFile) {
        (self.path, self.file) = (path, file)
        companions = Dictionary(
            ["-wal", "-shm"].compactMap { suffix in FileID(path: path + suffix).map { (suffix, $0) } }
        ) {
            $1
        }
    }

    /// See ``OpenFile/lockAsServer()``.
    func lockAsServer() -> Bool { file.lockAsServer() }

    /// Throws if a check has failed.
    func throwIfReplaced() throws(StoreError) {
        guard hasFailed.load(ordering: .relaxed) else { return }
        throw .unavailable(.replaced, detail: problem ?? "the file is the original one again")
    }

    /// What is wrong and what to do, for the operator; `nil` if the last check succeeded.
    var problem: String? {
        switch state.withLock({ $0.failure }) {
        case nil: nil
        case .moved?:
            "\(path) was deleted, moved or replaced while the database was open; move it back, or, if it was deleted, copy "
                + "the open file from /proc/PID/fd before sendlog stops"
        case .lacks(let file)?:
            "\(file) was deleted, moved or replaced while the database was open. Its content was moved into \(path) as far "
                + "as possible; restart sendlog"
        case .overwritten?: "\(path) or its -wal file was overwritten while the database was open; restart sendlog"
        }
    }

    /// Whether only a file beside the database file is missing, so that SQLite can still write to the file.
    var lacksCompanion: Bool { state.withLock { if case .lacks? = $0.failure { true } else { false } } }

    private var isOverwritten: Bool {
        state.withLock { if case .overwritten? = $0.failure { true } else { false } }
    }

    /// Checks that the paths still lead to the open files, which takes some microseconds.
    func checkPaths() throws(StoreError) {
        if let failure = findMovedFile() { set(failure) }
        try throwIfReplaced()
    }

    /// Checks all files, and that the WAL belongs to the file.
    func check() { checking.withLock { _ in set(findFailure()) } }

    /// Records that another program has overwritten a file.
    func reportOverwritten() { set(.overwritten) }

    private func findMovedFile() -> Failure? {
        if FileID(path: path) != file.id { return .moved }
        for (suffix, id) in companions where FileID(path: path + suffix) != id { return .lacks(path + suffix) }
        return nil
    }

    private func findFailure() -> Failure? {
        if let failure = findMovedFile() { return failure }
        if let page = state.withLock({ $0.page }),
            WALGeneration.read(at: page.offset, pageSize: page.pageSize, from: file) == page.generation
        {
            return nil
        }
        switch WALGeneration.match(path, file) {
        case .foreign: return .overwritten
        case .empty, .unknown: return nil
        case .belongs(let generation, let offset, let pageSize):
            state.withLock { $0.page = (generation, offset, pageSize) }
            return nil
        }
    }

    /// An overwritten file stays overwritten.
    private func set(_ failure: Failure?) {
        if isOverwritten { return }
        state.withLock { $0.failure = failure }
        hasFailed.store(failure != nil, ordering: .relaxed)
    }
}
