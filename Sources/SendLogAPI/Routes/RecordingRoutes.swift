import NIOCore
import NIOHTTP1
import SendLogContent
import SendLogCore
import SendLogHTTP
import SendLogScheduling

/// The routes that record: one send log, and an import.
struct RecordingRoutes {
    let store: any SendLogStore
    let context: IntakeContext
    let metrics: ServiceMetrics
    /// The bodies that are being read, each of which holds some memory for as long as its client takes.
    let uploads: ConcurrencyLimit
    /// The longest body of one send log in bytes.
    ///
    /// Five million destinations of the greatest length fit, each character an escaped pair of surrogates. It is a stream, and costs no
    /// memory.
    static let longestCreate = 20 << 30
    /// The longest body in bytes that is read on the event loop: some 30 µs.
    private static let longestShort = 2048
    /// Up to how many bytes a send log needs no part of the uploads' limit.
    private static let longestAtOnce = 262_144
    /// How much of a body is parsed between two looks at the clock, in bytes.
    private static let step = 16_384

    var routes: [Route] {
        [
            Route(
                .POST,
                "/send-logs",
                permission: .createSendLogs,
                longestBody: Self.longestCreate,
                isShort: { ($0.request.announcedLength ?? .max) <= Self.longestShort },
                handle: { input in
                    if (input.request.announcedLength ?? .max) <= Self.longestAtOnce { return try await create(input) }
                    return try await uploads.run(for: input.organisation()) { try await create(input) }
                }
            ),
            Route(.POST, "/send-logs/import", permission: .createSendLogs) { input in
                try await uploads.run(for: input.organisation()) { try await importLogs(input) }
            },
        ]
    }

    private func create(_ input: RouteInput) async throws -> Answer {
        let organisation = try input.organisation()
        var reader = RequestBodyReader(input)
        var intake = SendLogIntake(context)
        var slice = TimeSlice()
        while var piece = try await reader.next() {
            while let part = piece.readSlice(length: min(Self.step, piece.readableBytes)), part.readableBytes > 0 {
                try part.withBytes { bytes throws(InvalidInput) in try intake.feed(bytes) }
                await slice.yieldIfOver()
            }
        }
        if intake.isBlank { try Self.feedEmptyObject(to: &intake) }
        let log = try intake.finish()
        guard let outcome = try await store.record([log], in: organisation).first else {
            throw APIError.internalError("the store gave no outcome")
        }
        switch outcome {
        case .recorded(let stored):
            metrics.recorded(sends: 1, destinations: stored.destinations)
            var answer = Answer(status: .created, body: SendLogJSON.envelope(stored))
            answer.fields.append(("Location", "/send-logs/\(log.id)"))
            return answer
        case .existing(let stored):
            return Answer(body: SendLogJSON.envelope(stored))
        case .conflict:
            throw APIError.conflict
        }
    }

    /// An empty body stands for an empty object, and is told what it lacks.
    private static func feedEmptyObject(to intake: inout SendLogIntake) throws(InvalidInput) {
        let object: [UInt8] = [UInt8(ascii: "{"), UInt8(ascii: "}")]
        try object.withUnsafeBufferPointer { bytes throws(InvalidInput) in try intake.feed(bytes) }
    }

    private func importLogs(_ input: RouteInput) async throws -> Answer {
        var lines = SendLogImport(
            into: try input.organisation(),
            of: store,
            context: context,
            executor: input.executor
        )
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
                }
            }
            report = try await lines.finish()
        } catch {
            await lines.abandon()
            metrics.recorded(sends: lines.report.recorded, destinations: lines.destinationsRecorded)
            guard case StoreError.unavailable(let why, let detail) = error else { throw error }
            throw APIError.importBrokeOff(why.rawValue, recorded: lines.report.recorded, detail: detail)
        }
        metrics.recorded(sends: report.recorded, destinations: lines.destinationsRecorded)
        return Answer(body: Self.render(report))
    }

    private static func render(_ report: ImportReport) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.append("{\"ok\":true,\"data\":{\"recorded\":")
        bytes.appendDecimal(report.recorded)
        bytes.append(",\"existing\":")
        bytes.appendDecimal(report.existing)
        bytes.append(",\"failed\":")
        bytes.appendDecimal(report.failed)
        bytes.append(",\"errors\":[")
        for (place, error) in report.errors.enumerated() {
            bytes.append(place > 0 ? ",{\"line\":" : "{\"line\":")
            bytes.appendDecimal(error.line)
            bytes.append(",\"code\":")
            bytes.appendJSON(error.code)
            bytes.append(",\"message\":")
            bytes.appendJSON(error.message)
            bytes.append("}")
        }
        bytes.append("]}}")
        return bytes
    }
}
