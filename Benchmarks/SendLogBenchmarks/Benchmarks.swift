import Benchmark
import SendLogContent
import SendLogCore
import SendLogSQLite
import Synchronization

/// The hot paths, one by one; `make bench` runs them.
let benchmarks: @Sendable () -> Void = {
    Benchmark.defaultConfiguration = .init(
        metrics: [.wallClock, .throughput],
        maxDuration: .seconds(2),
        maxIterations: .max
    )

    searching("point read", .kilo) { data, iteration in
        _ = try data.store.sendLogWithoutBlocking(try id(iteration &* 7919 % data.count), in: data.organisation)
    }
    searching("point read, missing", .kilo) { data, iteration in
        _ = try? data.store.sendLogWithoutBlocking(try id(data.count + iteration), in: data.organisation)
    }
    searching("page of 1,000") { data, _ in
        blackHole(try await data.store.search(SendLogSearch(), in: data.organisation))
    }
    searching("page of 1,000, near the end") { data, _ in
        let search = SendLogSearch(skip: max(data.count - 1500, 0))
        blackHole(try await data.store.search(search, in: data.organisation))
    }
    searching("page of 1,000, in the middle") { data, _ in
        blackHole(try await data.store.search(SendLogSearch(skip: data.count / 2), in: data.organisation))
    }
    searching("3 campaigns, a month, 100 logs") { data, iteration in
        let first = iteration % 190
        let search = SendLogSearch(
            campaigns: Array(data.campaigns[first..<first + 3]),
            from: Timestamp(rfc3339: "2024-03-01"),
            to: Timestamp(rfc3339: "2024-03-28T23:59:59.999Z"),
            limit: 100
        )
        blackHole(try await data.store.search(search, in: data.organisation))
    }
    searching("200 campaigns, 1,000 logs") { data, _ in
        blackHole(try await data.store.search(SendLogSearch(campaigns: data.campaigns), in: data.organisation))
    }
    searching("list of 100,000, read and expanded") { data, _ in
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 16)
        defer { buffer.deallocate() }
        var (chunk, chunkCount) = (0, 1)
        while chunkCount > 0 {
            chunkCount = try await data.store.destinations(
                of: SequenceNumber(1),
                from: chunk,
                limit: 4,
                in: data.organisation
            ) {
                chunk in
                blackHole(chunk.decompress(into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<chunk.length])))
            }
            chunk += chunkCount
        }
    }
    searching("record one") { data, _ in
        let number = data.count + numbers.wrappingAdd(1, ordering: .relaxed).newValue
        blackHole(try await data.store.record([try log(data, number, 10)], in: data.organisation))
    }

    let create = Array(SampleData.json(1, of: 1, destinations: 10).utf8)
    measuring("parse a create of 10", .kilo) { data, _ in blackHole(try intake(create, data)) }
    let long = Array(SampleData.json(1, of: 1, destinations: SampleData.longList).utf8)
    measuring("parse a create of 100,000") { data, _ in blackHole(try intake(long, data)) }

    let text = Array(long.dropFirst(long.count - 2 - 14 * 8192 + 1).dropLast(2))
    let chunk = DestinationChunk(text: text, count: 8192)
    measuring("compress a chunk of 8,192") { _, _ in blackHole(DestinationChunk(text: text, count: 8192)) }
    measuring("expand a chunk of 8,192", .kilo) { _, _ in blackHole(chunk.text()) }
}

/// Measures what works on the store.
private func searching(
    _ name: String,
    _ scale: BenchmarkScalingFactor = .one,
    _ body: @escaping @Sendable (SampleData, Int) async throws -> Void
) {
    Benchmark(name, configuration: .init(scalingFactor: scale)) { benchmark in
        let data = try await SampleData.shared.data()
        benchmark.startMeasurement()
        for iteration in benchmark.scaledIterations { try await body(data, iteration) }
    }
}

/// Measures what needs no store.
private func measuring(
    _ name: String,
    _ scale: BenchmarkScalingFactor = .one,
    _ body: @escaping @Sendable (SampleData, Int) throws -> Void
) {
    Benchmark(name, configuration: .init(scalingFactor: scale)) { benchmark in
        let data = try await SampleData.shared.data()
        benchmark.startMeasurement()
        for iteration in benchmark.scaledIterations { try body(data, iteration) }
    }
}

/// For logs that are recorded: no two may be the same, in whatever turn.
private let numbers = Atomic<Int>(0)

private struct BadSample: Error {}

private func id(_ number: Int) throws -> SendLogID {
    guard let id = SendLogID(SampleData.id(number)) else { throw BadSample() }
    return id
}

private func intake(_ json: [UInt8], _ data: SampleData) throws -> NewSendLog {
    var intake = SendLogParser(data.context)
    try json.withUnsafeBufferPointer { try intake.feed($0) }
    return try intake.finish()
}

private func log(_ data: SampleData, _ number: Int, _ destinations: Int) throws -> NewSendLog {
    try intake(Array(SampleData.json(number, of: number, destinations: destinations).utf8), data)
}
