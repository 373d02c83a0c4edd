import Benchmark
import SendLogContent
import SendLogCore
import SendLogSQLite
import Synchronization

/// Benchmarks of the hot paths; `make bench` runs them.
let benchmarks: @Sendable () -> Void = {
    Benchmark.defaultConfiguration = .init(
        metrics: [.wallClock, .throughput],
        maxDuration: .seconds(2),
        maxIterations: .max
    )

    benchmarkWithStore("point read", .kilo) { data, iteration in
        _ = try data.store.sendLogWithoutBlocking(try id(iteration &* 7919 % data.count), in: data.organisation)
        data.store.endReads()
    }
    benchmarkWithStore("point read, missing", .kilo) { data, iteration in
        _ = try? data.store.sendLogWithoutBlocking(try id(data.count + iteration), in: data.organisation)
        data.store.endReads()
    }
    benchmarkWithStore("page of 1,000") { data, _ in
        blackHole(try await data.store.search(SendLogSearch(), in: data.organisation))
    }
    benchmarkWithStore("page of 1,000, near the end") { data, _ in
        let search = SendLogSearch(skip: max(data.count - 1500, 0))
        blackHole(try await data.store.search(search, in: data.organisation))
    }
    benchmarkWithStore("page of 1,000, in the middle") { data, _ in
        blackHole(try await data.store.search(SendLogSearch(skip: data.count / 2), in: data.organisation))
    }
    benchmarkWithStore("3 campaigns, a month, 100 logs") { data, iteration in
        let first = iteration % 190
        let search = SendLogSearch(
            campaigns: Array(data.campaigns[first..<first + 3]),
            from: Timestamp(rfc3339: "2024-03-01"),
            to: Timestamp(rfc3339: "2024-03-28T23:59:59.999Z"),
            limit: 100
        )
        blackHole(try await data.store.search(search, in: data.organisation))
    }
    benchmarkWithStore("200 campaigns, 1,000 logs") { data, _ in
        blackHole(try await data.store.search(SendLogSearch(campaigns: data.campaigns), in: data.organisation))
    }
    benchmarkWithStore("list of 100,000, read and expanded") { data, _ in
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
                return true
            }
            chunk += chunkCount
        }
    }
    benchmarkWithStore("record one") { data, _ in
        let number = data.count + numbers.wrappingAdd(1, ordering: .relaxed).newValue
        blackHole(try await data.store.record([try log(data, number, 10)], in: data.organisation))
    }

    let create = Array(SampleData.json(1, of: 1, destinations: 10).utf8)
    benchmarkWithoutStore("parse a create of 10", .kilo) { data, _ in blackHole(try parse(create, data)) }
    let long = Array(SampleData.json(1, of: 1, destinations: SampleData.longList).utf8)
    benchmarkWithoutStore("parse a create of 100,000") { data, _ in blackHole(try parse(long, data)) }

    let text = Array(long.dropFirst(long.count - 2 - 14 * 8192 + 1).dropLast(2))
    let chunk = DestinationChunk(text: text, count: 8192)
    benchmarkWithoutStore("compress a chunk of 8,192") { _, _ in blackHole(DestinationChunk(text: text, count: 8192)) }
    benchmarkWithoutStore("expand a chunk of 8,192", .kilo) { _, _ in blackHole(chunk.text()) }

    recipientBenchmarks()
}

/// Adds a benchmark that uses the store.
private func benchmarkWithStore(
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

/// Adds a benchmark that does not use the store.
private func benchmarkWithoutStore(
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

/// Numbers the logs to record, which must differ in all iterations.
private let numbers = Atomic<Int>(0)

private struct BadSample: Error {}

private func id(_ number: Int) throws -> SendLogID {
    guard let id = SendLogID(SampleData.id(number)) else { throw BadSample() }
    return id
}

private func parse(_ json: [UInt8], _ data: SampleData) throws -> PreparedSendLog {
    var parser = SendLogParser(data.context)
    try json.withUnsafeBufferPointer { try parser.feed($0) }
    return try parser.finish()
}

private func log(_ data: SampleData, _ number: Int, _ destinations: Int) throws -> PreparedSendLog {
    try parse(Array(SampleData.json(number, of: number, destinations: destinations).utf8), data)
}
