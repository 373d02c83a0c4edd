import Foundation
import SendLogContent
import SendLogCore
import SendLogSQLite

/// The database of the benchmarks, in a temporary folder that is deleted when the process exits.
///
/// It has `SENDLOG_BENCHMARK_LOGS` send logs (100,000 by default) of one organisation, in 200 campaigns, over three
/// years.
struct SampleData: Sendable {
    let store: SQLiteStore
    let organisation: OrganisationID
    let context: ParserContext
    let count: Int
    let campaigns: [CampaignID]

    /// The number of destinations of the first log, which has the only long list.
    static let longList = 100_000

    static let shared = Shared()

    /// Generates the data once, when the first benchmark needs it.
    actor Shared {
        private var cached: Task<SampleData, any Error>?

        func data() async throws -> SampleData {
            let task = cached ?? Task { try await SampleData() }
            cached = task
            return try await task.value
        }
    }

    private init() async throws {
        count = ProcessInfo.processInfo.environment["SENDLOG_BENCHMARK_LOGS"].flatMap { Int($0) } ?? 100_000
        let folder = FileManager.default.temporaryDirectory.appending(path: "sendlog-benchmark-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        Self.removeAtExit(folder)
        store = try SQLiteStore(path: folder.appending(path: "benchmark.db").path)
        context = ParserContext(ids: SendLogIDSource(), spoolFolder: folder.path, now: { Self.start })
        guard let name = OrganisationName("Benchmark") else { throw CocoaError(.featureUnsupported) }
        organisation = try await store.createOrganisation(named: name, at: Self.start).id
        campaigns = (0..<200).compactMap { CampaignID(Self.campaign($0)) }
        var lines = SendLogImport(into: organisation, of: store, context: context)
        for number in 0..<count {
            let line = Self.json(number, of: count, destinations: number == 0 ? Self.longList : 10) + "\n"
            let bytes = Array(line.utf8)
            var offset = 0
            while offset < bytes.count {
                offset += try bytes[offset...].withUnsafeBufferPointer { try lines.parse($0) }
                if lines.isBatchFull { try await lines.flush() }
            }
        }
        let report = try await lines.finish()
        guard report.recorded == count else { throw CocoaError(.coderInvalidValue) }
    }

    static let start = Timestamp(rfc3339: "2023-01-01") ?? .earliest
    private static let span: Int64 = 3 * 365 * 86_400_000

    static func id(_ number: Int) -> String { hexadecimal(UInt64(number) &* 0x9e37_79b9_7f4a_7c15, number) }

    private static func campaign(_ number: Int) -> String { hexadecimal(0x5f5a_1d8d_2e0e_4c6c, number) }

    private static func hexadecimal(_ high: UInt64, _ low: Int) -> String {
        let (high, low) = (String(high, radix: 16), String(low & 0xffff_ffff, radix: 16))
        return String(repeating: "0", count: 16 - high.count) + high + String(repeating: "0", count: 8 - low.count)
            + low
    }

    /// A send log as JSON, in the form that a sender uses.
    static func json(_ number: Int, of count: Int, destinations: Int) -> String {
        let moment =
            Timestamp(milliseconds: start.milliseconds + Int64(number) * (span / Int64(max(count, 1)))) ?? start
        var random = UInt64(number) &* 0xda94_2042_e4dd_58b5
        let numbers = (0..<destinations).map { _ in
            random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return "\"2782\(1_000_000 + random >> 33 % 9_000_000)\""
        }
        return """
            {"_id":"\(id(number))","campaign_id":"\(campaign(number * number % 200))",\
            "message":"Hi {{contact.firstname}}, your order {{order.number}} is ready at {{branch.name}}.","triggeredBy":"api",\
            "startDeliveryAt":"\(moment)","destinations":[\(numbers.joined(separator: ","))]}
            """
    }

    private static func removeAtExit(_ folder: URL) {
        ExitCleanup.folder = folder
        atexit { ExitCleanup.folder.map { try? FileManager.default.removeItem(at: $0) } }
    }
}

private enum ExitCleanup {
    // Unsafe: written once, before any benchmark runs, and read when the process exits.
    nonisolated(unsafe) static var folder: URL?
}
