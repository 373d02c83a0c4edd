import Foundation
public import SendLogCore

/// An import that records a stream of send logs, one per line, in batches.
///
/// Each line succeeds or fails on its own, and memory use does not grow with the stream.
///
/// Call ``parse(_:)``, and ``flush()`` whenever it stops before the end of its input. Call ``finish()`` at the end.
public struct SendLogImport {
    /// The results of the lines so far; send logs that it counts as recorded are durable.
    public private(set) var report = ImportReport()
    /// The current line, from 1.
    public private(set) var line = 1

    /// The number of destinations of the recorded lines.
    public private(set) var destinationsRecorded = 0

    private let store: any LogWriter
    private let organisation: OrganisationID
    private let context: ParserContext
    /// The executor of the unstructured tasks that record batches.
    private let executor: (any TaskExecutor)?
    private var parser: SendLogParser
    private var skipsLine = false
    private var batch: [(line: Int, log: PreparedSendLog)] = []
    private var batchBytes = 0
    private var inFlight: Task<Result<[(line: Int, outcome: RecordingOutcome)], StoreError>, Never>?

    private static let maxBatchCount = 5000
    private static let maxBatchBytes = 5 << 19
    /// The largest number of issues that the error of a line lists.
    private static let maxIssuesPerLine = 3

    /// Starts an import into an organisation of a store.
    ///
    /// The tasks that record batches run on the executor; `nil` for the default executor.
    public init(
        into organisation: OrganisationID,
        of store: any LogWriter,
        context: ParserContext,
        executor: (any TaskExecutor)? = nil
    ) {
        self.executor = executor
        self.store = store
        self.organisation = organisation
        self.context = context
        parser = SendLogParser(context, expected: .line)
    }

    /// Whether ``flush()`` must be called before ``parse(_:)`` can continue.
    public var isBatchFull: Bool { batch.count >= Self.maxBatchCount || batchBytes >= Self.maxBatchBytes }

    /// Parses bytes until they end or the batch is full.
    ///
    /// - Returns: the number of bytes that were parsed.
    /// - Throws: ``StoreError/unavailable(_:detail:)`` if a long list could not be spooled.
    public mutating func parse(_ bytes: UnsafeBufferPointer<UInt8>) throws(StoreError) -> Int {
        var index = 0
        while index < bytes.count, !isBatchFull {
            let rest = UnsafeBufferPointer(rebasing: bytes[index...])
            let end = Self.lineFeed(in: rest)
            if !skipsLine {
                do throws(InvalidInput) {
                    try parser.feed(UnsafeBufferPointer(rebasing: rest[..<(end ?? rest.count)]))
                } catch {
                    fail(line, error)
                    skipsLine = true
                }
            }
            guard let end else { return bytes.count }
            try endLine()
            index += end + 1
        }
        return index
    }

    /// Waits until the previous batch is recorded, and starts recording the current one.
    ///
    /// - Throws: the store's error, which ends the import.
    public mutating func flush() async throws(StoreError) {
        try await awaitBatchInFlight()
        guard !batch.isEmpty else { return }
        let (store, organisation, batch) = (store, organisation, batch)
        // An unstructured task, so that the next batch is parsed while this one is recorded; `awaitBatchInFlight()`
        // always waits for it.
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

    /// Parses the last line, which may lack its line feed, and records the remaining batches.
    ///
    /// - Throws: the store's error.
    public mutating func finish() async throws(StoreError) -> ImportReport {
        if !parser.isBlank { try endLine() }
        try await flush()
        try await awaitBatchInFlight()
        return report
    }

    /// Ends an aborted import: drops the current batch and waits for the batch in flight, so ``report`` is complete.
    public mutating func abandon() async {
        batch = []
        try? await awaitBatchInFlight()
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
            skipsLine = false
            parser.reset()
        }
        if skipsLine || parser.isBlank { return }
        do {
            let log = try parser.finish()
            batch.append((line, log))
            batchBytes += log.weight
        } catch let error as InvalidInput {
            fail(line, error)
        } catch let error as StoreError {
            throw error
        } catch {
            throw .corrupted(detail: "\(type(of: error))")
        }
    }

    private mutating func awaitBatchInFlight() async throws(StoreError) {
        guard let task = inFlight else { return }
        inFlight = nil
        for (line, outcome) in try await task.value.get() {
            switch outcome {
            case .recorded(let log):
                report.recorded += 1
                destinationsRecorded += log.destinations
            case .existing: report.existing += 1
            case .conflict(let fields):
                report.fail(line: line, code: "conflict", message: RecordingOutcome.message(forConflictIn: fields))
            }
        }
    }

    private mutating func fail(_ line: Int, _ error: InvalidInput) {
        let message = error.message(listing: Self.maxIssuesPerLine, root: "the line")
        report.fail(line: line, code: "invalid_request", message: message)
    }
}
