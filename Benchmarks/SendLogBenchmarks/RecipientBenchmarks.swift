import Benchmark
import Foundation
import SendLogContent
import SendLogCore
import SendLogRecipients

/// Benchmarks of the recipient index without a store: reading and sorting lists, merging segments, reading a bucket.
func recipientBenchmarks() {
    let chunks = RecipientSample.chunks
    Benchmark("index 128 chunks of 8,192") { benchmark in
        for _ in benchmark.scaledIterations { blackHole(try RecipientSample.segment(of: chunks, first: 1)) }
    }
    Benchmark(
        "distinct recipients of 10,000,000 destinations",
        configuration: .init(metrics: [.wallClock, .cpuTotal, .peakMemoryResident], maxIterations: 3)
    ) { benchmark in
        let chunks = RecipientSample.manyChunks
        benchmark.startMeasurement()
        for _ in benchmark.scaledIterations { blackHole(try await RecipientSample.distinct(chunks)) }
    }
    let bytes = BenchmarkMetric.custom("bytes for 100 pairs", polarity: .prefersSmaller, useScalingFactor: false)
    Benchmark(
        "merge 8 segments into one of 10,000,000 pairs",
        configuration: .init(metrics: [.wallClock, .peakMemoryResident, bytes], maxIterations: 3)
    ) { benchmark in
        let segments = try RecipientSample.segments()
        benchmark.startMeasurement()
        for _ in benchmark.scaledIterations {
            let (length, pairs) = try await RecipientSample.merge(segments)
            benchmark.measurement(bytes, length * 100 / max(1, pairs))
        }
    }
    Benchmark("decode a bucket", configuration: .init(scalingFactor: .kilo)) { benchmark in
        let segment = try RecipientSample.segment(of: chunks, first: 1)
        let buckets = segment.buckets
        benchmark.startMeasurement()
        for iteration in benchmark.scaledIterations {
            blackHole(try buckets[iteration &* 7919 % buckets.count].postings(in: segment.range))
        }
    }
}

/// Lists and segments in memory: 5 million numbers of three networks, each send to 10 or to 8,192 of them.
private enum RecipientSample {
    struct Segment: RecipientBucketSource {
        var buckets: ArraySlice<RecipientBucket>
        let range: ClosedRange<SequenceNumber>

        mutating func next() async throws(StoreError) -> [RecipientPostings] {
            var postings: [RecipientPostings] = []
            for bucket in buckets.prefix(32) { postings.append(try bucket.postings(in: range)) }
            buckets = buckets.dropFirst(32)
            return postings
        }
    }

    private static let mergedPairs = 10_000_000

    /// Returns a random number, the same in each run.
    private static func number(_ random: inout UInt64) -> String {
        random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        let person = random >> 33 % 5_000_000
        return "278\(2 + person % 3)\(1_000_000 + person)"
    }

    static let chunks = chunks(128)
    /// A bit more than 10,000,000 destinations.
    static let manyChunks = chunks(1221)

    private static func chunks(_ count: Int) -> [DestinationChunk] {
        var random: UInt64 = 1
        return (0..<count).map { _ in
            let text = (0..<8192).map { _ in "\"\(number(&random))\"" }.joined(separator: ",")
            return DestinationChunk(text: Array(text.utf8), count: 8192)
        }
    }

    /// Makes a segment of chunks, each of which is a list.
    static func segment(of chunks: [DestinationChunk], first: Int64) throws -> Segment {
        var sorter = RecipientSorter(first: SequenceNumber(first))
        var destinations = ChunkDestinations()
        for (index, chunk) in chunks.enumerated() {
            try chunk.body.withUnsafeBytes { body in
                let chunk = BorrowedChunk(count: chunk.count, length: chunk.length, crc: chunk.crc, body: body)
                try destinations.forEach(of: chunk) { code throws(StoreError) in
                    sorter.add(code, SequenceNumber(first + Int64(index)))
                }
            }
        }
        return finish(sorter, first, first + Int64(chunks.count) - 1)
    }

    /// Counts the distinct recipients of lists.
    static func distinct(_ chunks: [DestinationChunk]) async throws -> Int {
        var sorter = AudienceSorter(callingCode: CallingCode("27"), spoolFolder: NSTemporaryDirectory())
        var destinations = ChunkDestinations()
        for chunk in chunks {
            try chunk.body.withUnsafeBytes { body in
                let chunk = BorrowedChunk(count: chunk.count, length: chunk.length, crc: chunk.crc, body: body)
                try destinations.forEachText(of: chunk) { sorter.add($0, to: .a) }
            }
            try await sorter.spillIfFull()
        }
        return try await sorter.count().a
    }

    /// Makes eight segments, of sends to 10 recipients each.
    static func segments() throws -> [Segment] {
        var random: UInt64 = 2
        let sends = Int64(mergedPairs / 80)
        return (0..<8).map { part in
            let first = 1 + Int64(part) * sends
            var sorter = RecipientSorter(first: SequenceNumber(first))
            for sequence in first..<first + sends {
                for _ in 0..<10 { sorter.add(RecipientCode(RecipientKey(number(&random))), SequenceNumber(sequence)) }
            }
            return finish(sorter, first, first + sends - 1)
        }
    }

    private static func finish(_ sorter: consuming RecipientSorter, _ first: Int64, _ last: Int64) -> Segment {
        var buckets: [RecipientBucket] = []
        _ = sorter.finish { buckets.append($0) }
        return Segment(buckets: buckets[...], range: SequenceNumber(first)...SequenceNumber(last))
    }

    /// Merges segments.
    ///
    /// - Parameter segments: the segments
    /// - Returns: the length of all buckets with their keys, and the number of pairs.
    /// - Throws: never, unless the engine has a bug.
    static func merge(_ segments: [Segment]) async throws -> (length: Int, pairs: Int) {
        var merge = RecipientMerge(segments)
        var writer = RecipientSegmentWriter(first: 1)
        var length = 0
        while try await merge.next(into: &writer, keeping: { _ in true }, { length += $0.body.count + 16 }) {}
        writer.finish { length += $0.body.count + 16 }
        return (length, writer.pairCount)
    }
}
