import NIOCore
import NIOHTTP1
import SendLogContent
import SendLogCore
import SendLogHTTP
import SendLogScheduling
import SendLogServices

/// The routes that record: one send log, and an import.
struct RecordingRoutes {
    let store: any LogWriter
    let context: ParserContext
    let metrics: ServiceMetrics
    /// The limit of concurrent uploads, each of which holds some memory for as long as its client takes.
    let uploads: ConcurrencyLimit
    let idempotencyHandler: IdempotencyHandler
    /// The maximum length of one send log's request body in bytes.
    ///
    /// It has room for five million destinations of the maximum length, with each character as an escaped surrogate
    /// pair. The body is parsed as a stream and is never held in memory as a whole.
    static let maxCreateBodyLength = 20 << 30
    /// The maximum length in bytes of a body that is read on the event loop, which takes about 30 µs.
    private static let maxEventLoopBodyLength = 2048
    /// The maximum length in bytes of a body that does not count against ``uploads``.
    static let maxUnlimitedBodyLength = 262_144
    /// The number of bytes of a body to parse before the time slice is checked.
    private static let step = 16_384

    var routes: [Route] {
        [
            Route(
                .POST,
                "/send-logs",
                permission: .createSendLogs,
                query: QueryRule([], bodyFields: FieldPaths(SendLogParser.fields)),
                maxBodyLength: Self.maxCreateBodyLength,
                runsOnEventLoop: { input in
                    (input.plainBodyLength ?? .max) <= Self.maxEventLoopBodyLength
                        && input.request.field("idempotency-key") == nil
                },
                handle: { input in
                    if (input.plainBodyLength ?? .max) <= Self.maxUnlimitedBodyLength {
                        return try await create(input)
                    }
                    return try await uploads.run(for: input.organisation()) { try await create(input) }
                }
            ),
            Route(.POST, "/send-logs/import", permission: .createSendLogs) { input in
                let advice = "an import can be repeated: lines with an _id are recorded once"
                try IdempotencyDigest.refuse(in: input, advice)
                return try await uploads.run(for: input.organisation()) { try await importLogs(input) }
            },
        ]
    }

    private func create(_ input: RouteInput) async throws -> Response {
        var digest = try IdempotencyDigest(input)
        var reader = RequestBodyReader(input)
        var parser = SendLogParser(context)
        var fault: InvalidInput?
        var slice = TimeSlice()
        while var piece = try await reader.next() {
            while let part = piece.readSlice(length: min(Self.step, piece.readableBytes)), part.readableBytes > 0 {
                digest?.add(part)
                if fault == nil {
                    do throws(InvalidInput) {
                        try part.withBytes { bytes throws(InvalidInput) in try parser.feed(bytes) }
                    } catch {
                        // With a key, the rest of the body is read for the digest.
                        if digest == nil { throw error }
                        fault = error
                    }
                }
                await slice.yieldIfOver()
            }
        }
        return try await idempotencyHandler.perform(digest, input) { input in
            if let fault { throw fault }
            if parser.isBlank { try Self.feedEmptyObject(to: &parser) }
            return try await record(try parser.finish(reserved: input.reservedID), for: input)
        }
    }

    private func record(_ log: PreparedSendLog, for input: RouteInput) async throws -> Response {
        let organisation = try input.organisation()
        guard let outcome = try await store.record([log], in: organisation).first else {
            throw APIError.internalError("the store returned no outcome")
        }
        switch outcome {
        case .recorded(let stored):
            metrics.recorded(sends: 1, destinations: stored.destinations)
            return Self.created(log.id, stored, for: input)
        case .existing(let stored):
            // An earlier attempt at this request recorded the log.
            if log.id == input.reservedID { return Self.created(log.id, stored, for: input) }
            return .sendLog(stored, for: input)
        case .conflict(let fields):
            throw APIError.conflict(fields)
        }
    }

    private static func created(_ id: SendLogID, _ log: StoredSendLog, for input: RouteInput) -> Response {
        var response = Response.sendLog(log, for: input, status: .created)
        response.fields.append(("Location", "/send-logs/\(id)"))
        return response
    }

    /// Parses an empty body as an empty object, so that the error names the missing fields.
    private static func feedEmptyObject(to parser: inout SendLogParser) throws(InvalidInput) {
        try Array("{}".utf8).withUnsafeBufferPointer { bytes throws(InvalidInput) in try parser.feed(bytes) }
    }

    private func importLogs(_ input: RouteInput) async throws -> Response {
        let organisation = try input.organisation()
        var lines = SendLogImport(into: organisation, of: store, context: context, executor: input.executor)
        let report: ImportReport
        do {
            var reader = RequestBodyReader(input)
            var slice = TimeSlice()
            while var piece = try await reader.next() {
                while piece.readableBytes > 0 {
                    let step = piece.getSlice(at: piece.readerIndex, length: min(Self.step, piece.readableBytes))
                    let read = try (step ?? piece).withBytes { bytes throws(StoreError) in try lines.parse(bytes) }
                    piece.moveReaderIndex(forwardBy: read)
                    if lines.isBatchFull { try await lines.flush() }
                    await slice.yieldIfOver()
                    // A compressed body may take long after its client is gone.
                    if input.request.isAbandoned { throw ConnectionBroken() }
                }
            }
            report = try await lines.finish()
        } catch {
            await lines.abandon()
            metrics.recorded(sends: lines.report.recorded, destinations: lines.destinationsRecorded)
            let done = "\(lines.report.recorded) lines were recorded"
            let again = "run the import again: lines with an _id are not recorded twice"
            switch error {
            case StoreError.unavailable(let why, let detail):
                throw APIError.unavailable(why.rawValue, advice: "\(done); \(again)", detail: detail)
            case is TruncatedBody: throw TruncatedBody(consequence: "\(done); \(again)")
            case let error as InvalidInput:
                // The body is not valid gzip.
                let problem = error.issues.first?.message ?? "is invalid"
                throw InvalidInput(path: "", "\(problem); \(done); correct the file and \(again)")
            default: throw error
            }
        }
        metrics.recorded(sends: report.recorded, destinations: lines.destinationsRecorded)
        var response = Self.response(to: input, report)
        response.event = .sendLogsImported(report)
        return response
    }

    private static func response(to input: RouteInput, _ report: ImportReport) -> Response {
        .success(for: input) { bytes in
            bytes.append("{")
            bytes.appendMember("recorded", report.recorded)
            bytes.appendMember("existing", report.existing)
            bytes.appendMember("failed", report.failed)
            bytes.append(",\"errors\":[")
            for (index, error) in report.errors.enumerated() {
                bytes.append(index > 0 ? ",{" : "{")
                bytes.appendMember("line", error.line)
                bytes.appendMember("code", error.code)
                bytes.appendMember("message", error.message)
                bytes.append("}")
            }
            bytes.append("]}")
        }
    }
}
