public import SendLogCore

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Records a stream of send logs, one a line, in batches.
///
/// Each line stands for itself; memory stays flat.
///
/// Call ``parse(_:)`` and, whenever it stops early, ``flush()``; at the end ``finish()``.
public struct SendLogImport {
    /// What became of the lines so far.
    ///
    /// What is counted as recorded is durable.
    public private(set) var report = ImportReport()
    /// The line being read, from 1.
    public private(set) var line = 1

    /// How many destinations the recorded lines have.
    public private(set) var destinationsRecorded = 0

    private let store: any SendLogStore
    private let organisation: OrganisationID
    private let context: IntakeContext
    /// Where batches are prepared, since they are recorded by tasks of their own.
    private let executor: (any TaskExecutor)?
    private var intake: SendLogIntake
    private var passesOver = false
    private var batch: [(line: Int, log: NewSendLog)] = []
    private var batchBytes = 0
    private var inFlight: Task<Result<[(line: Int, outcome: Recording)], StoreError>, Never>?

    private static let mostLogs = 5000
    private static let mostBytes = 5 << 19

    /// Starts an import into an organisation.
    ///
    /// - Parameters:
    ///   - organisation: whose send logs they are
    ///   - store: where they are recorded
    ///   - context: what the intake needs
    ///   - executor: where batches are prepared; `nil` for the default executor
    public init(
        into organisation: OrganisationID,
        of store: any SendLogStore,
        context: IntakeContext,
        executor: (any TaskExecutor)? = nil
    ) {
        self.executor = executor
        self.store = store
        self.organisation = organisation
        self.context = context
        intake = SendLogIntake(context)
    }

    /// Whether ``flush()`` must be called before more is parsed.
    public var isBatchFull: Bool { batch.count >= Self.mostLogs || batchBytes >= Self.mostBytes }

    /// Reads on until the piece is over or a batch is full.
    ///
    /// - Returns: how many bytes were read.
    /// - Throws: ``StoreError/unavailable(_:detail:)`` where a long list could not be spooled.
    public mutating func parse(_ bytes: UnsafeBufferPointer<UInt8>) throws(StoreError) -> Int {
        var place = 0
        while place < bytes.count, !isBatchFull {
            let rest = UnsafeBufferPointer(rebasing: bytes[place...])
            let end = Self.lineFeed(in: rest)
            if !passesOver {
                do throws(InvalidInput) {
                    try intake.feed(UnsafeBufferPointer(rebasing: rest[..<(end ?? rest.count)]))
                } catch {
                    fail(line, error)
                    passesOver = true
                }
            }
            guard let end else { return bytes.count }
            try endLine()
            place += end + 1
        }
        return place
    }

    /// Hands the batch to the store, and waits for the one before it.
    ///
    /// - Throws: why the store failed; the import must end then.
    public mutating func flush() async throws(StoreError) {
        try await settle()
        guard !batch.isEmpty else { return }
        let (store, organisation, batch) = (store, organisation, batch)
        // Not structured, so that the next batch is parsed while this one is recorded; settle() always waits for it.
        inFlight = Task(executorPreference: executor) {
            do throws(StoreError) {
                let outcomes = try await store.record(batch.map(\.log), in: organisation)
                return .success(zip(batch.map(\.line), outcomes).map { ($0, $1) })
            } catch {
                return .failure(error)
            }
        }
        self.batch = []
        batchBytes = 0
    }

    /// Takes the last line, which may lack its line feed, and records what is left.
    ///
    /// - Throws: why the store failed.
    public mutating func finish() async throws(StoreError) -> ImportReport {
        if !intake.isBlank { try endLine() }
        try await flush()
        try await settle()
        return report
    }

    /// Waits for what is being recorded, after which ``report`` is complete, and drops what is not: the stream broke off.
    public mutating func abandon() async {
        batch = []
        try? await settle()
    }

    private static func lineFeed(in bytes: UnsafeBufferPointer<UInt8>) -> Int? {
        guard let start = bytes.baseAddress, let found = memchr(start, Int32(UInt8(ascii: "\n")), bytes.count) else {
            return nil
        }
        return UnsafeRawPointer(start).distance(to: found)
    }

    private mutating func endLine() throws(StoreError) {
        defer {
            line += 1
            passesOver = false
            intake.reset()
        }
        if passesOver || intake.isBlank { return }
        do {
            let log = try intake.finish()
            batch.append((line, log))
            batchBytes += log.weight
        } catch let error as InvalidInput {
            fail(line, error)
        } catch let error as StoreError {
            throw error
        } catch {
            throw .damaged(detail: "\(type(of: error))")
        }
    }

    private mutating func settle() async throws(StoreError) {
        guard let task = inFlight else { return }
        inFlight = nil
        for (line, outcome) in try await task.value.get() {
            switch outcome {
            case .recorded(let log):
                report.recorded += 1
                destinationsRecorded += log.destinations
            case .existing: report.existing += 1
            case .conflict:
                report.fail(line: line, code: "conflict", message: "_id is taken by a send log with other content")
            }
        }
    }

    private mutating func fail(_ line: Int, _ error: InvalidInput) {
        let message = error.issues.first?.path.isEmpty == true ? "the line \(error.issues[0].message)" : error.message
        report.fail(line: line, code: "invalid_request", message: message)
    }
}

/// What became of an import.
public struct ImportReport: Equatable, Sendable {
    /// Logs recorded now, all durable.
    public internal(set) var recorded = 0
    /// Logs that had been recorded before with the same content.
    public internal(set) var existing = 0
    /// Lines that were refused.
    public internal(set) var failed = 0
    /// The first refused lines, at most ``mostErrors``, in the order of the lines.
    public internal(set) var errors: [LineError] = []

    /// How many refused lines are told one by one.
    public static let mostErrors = 100

    /// Why one line was refused.
    public struct LineError: Equatable, Sendable {
        /// The line's number, from 1.
        public let line: Int
        /// An error code of the API.
        public let code: String
        /// What is wrong, for people.
        public let message: String
    }

    mutating func fail(line: Int, code: String, message: String) {
        failed += 1
        // Conflicts are known a batch later than lines that cannot be read.
        let place = errors.lastIndex { $0.line < line }.map { $0 + 1 } ?? 0
        guard place < Self.mostErrors else { return }
        errors.insert(LineError(line: line, code: code, message: message), at: place)
        if errors.count > Self.mostErrors { errors.removeLast() }
    }
}
