import SendLogCore
import TestSupport
import Testing

@testable import SendLogRecipients

struct BucketTests {
    @Test func `bits are read as they were written`() throws {
        var random = SplitMix64(defaultSeed: 2)
        for _ in 0..<200 {
            let values = (0..<100).map { _ in
                UInt64.random(in: 0...(.max >> UInt64.random(in: 1...63, using: &random)), using: &random)
            }
            var writer = BitWriter()
            for value in values {
                let width = 64 - value.leadingZeroBitCount
                writer.append(value, bits: width)
                writer.append(gamma: value)
                writer.append(value, rice: max(0, width - 3))
                writer.append(unary: value % 200)
            }
            try writer.finish().withUnsafeBytes { bytes in
                var reader = BitReader(bytes)
                for value in values {
                    let width = 64 - value.leadingZeroBitCount
                    let (plain, gamma) = (try reader.next(bits: width), try reader.nextGamma())
                    let (rice, unary) = (try reader.next(rice: max(0, width - 3)), try reader.nextUnary())
                    #expect((plain, gamma, rice, unary) == (value, value, value, value % 200))
                }
            }
        }
    }

    @Test func `sorted pairs are those of a simple model, in buckets that fit into a row`() throws {
        var random = SplitMix64(defaultSeed: 3)
        for (recipients, pairs, sends) in [(1, 1, 1), (3, 2000, 900), (5000, 20_000, 300), (100_000, 100_000, 9000)] {
            let model = Self.model(recipients, pairs, sends, &random)
            let buckets = Self.buckets(of: model)
            #expect(buckets.allSatisfy { $0.body.count <= 1900 })
            var previous: RecipientBucket?
            var found: [Pair] = []
            for bucket in buckets {
                if let previous {
                    let isNext = bucket.firstGroup == previous.firstGroup && bucket.ordinal == previous.ordinal + 1
                    #expect(isNext || (bucket.firstGroup > previous.firstGroup && bucket.ordinal == 0))
                }
                previous = bucket
                found += try Self.pairs(of: bucket, Self.segment(model))
            }
            #expect(found == Array(Set(model)).sorted())
        }
    }

    @Test func `segments are merged in order, without the sends that were deleted`() async throws {
        var random = SplitMix64(defaultSeed: 4)
        let model = Self.model(3000, 30_000, 800, &random)
        let parts = (0..<8).map { part in model.filter { ($0.sequence - 1000) / 100 == part } }
        let sources = parts.map { part in
            Source(buckets: Self.buckets(of: part)[...], segment: Self.segment(part))
        }
        var merge = RecipientMerge(sources)
        var writer = RecipientSegmentWriter(first: 1000)
        var merged: [RecipientBucket] = []
        while try await merge.next(into: &writer, keeping: { $0 % 7 != 0 }, { merged.append($0) }) {}
        writer.finish { merged.append($0) }
        let found = try merged.flatMap { try Self.pairs(of: $0, Self.segment(model)) }
        let expected = Set(model).filter { $0.sequence % 7 != 0 }.sorted()
        #expect(found == expected)
        #expect(writer.pairCount == expected.count)
    }

    @Test func `a merge of buckets in a wrong order is an error`() async throws {
        var random = SplitMix64(defaultSeed: 9)
        let model = Self.model(3000, 30_000, 800, &random)
        var buckets = Self.buckets(of: model)
        buckets.swapAt(2, 7)
        var merge = RecipientMerge([Source(buckets: buckets[...], segment: Self.segment(model))])
        var writer = RecipientSegmentWriter(first: 1000)
        await #expect(throws: BitReader.damaged) {
            while try await merge.next(into: &writer, keeping: { _ in true }, { _ in }) {}
        }
    }

    @Test func `a bucket without recipients is an error`() {
        var writer = BitWriter()
        for _ in 0..<20 { writer.append(gamma: 0) }
        let bucket = RecipientBucket(firstGroup: 1, ordinal: 0, bits: writer.finish())
        #expect(throws: BitReader.damaged) { try bucket.postings(in: SequenceNumber(1)...SequenceNumber(9)) }
    }

    @Test func `send logs far apart are in one segment`() throws {
        let code = RecipientCode(RecipientKey("27821234567"))
        let pairs = [1, 2, 1 << 33, 1 << 40].map { Pair(code: code, sequence: $0) }
        let found = try Self.buckets(of: pairs).flatMap { try Self.pairs(of: $0, Self.segment(pairs)) }
        #expect(found == pairs)
    }

    @Test func `segments are ordered by their ranges, those of one long list in the order of its parts`() {
        let ranges: [ClosedRange<Int64>] = [3...5, 5...5, 5...5, 5...9, 10...12]
        let segments = ranges.enumerated().map { id, range in
            let range = SequenceNumber(range.lowerBound)...SequenceNumber(range.upperBound)
            return RecipientSegment(id: Int64(id), level: 0, range: range, pairs: 1)
        }
        var index = RecipientIndex(segments: segments.reversed(), through: SequenceNumber(12), head: .empty)
        #expect(index.segments == segments)
        let merged = RecipientSegment(id: 7, level: 1, range: segments[1].range, pairs: 2)
        index.add(merged, replacing: [1, 2])
        #expect(index.segments.map(\.id) == [0, 7, 3, 4])
    }

    @Test func `a bucket of numbers with a rest that no number has is an error`() {
        // A merge of such a bucket could not encode the rest.
        var damaged: [[UInt8]] = []
        for isListed in [false, true] {
            var writer = BitWriter()
            for value in [1, 0, 0] as [UInt64] { writer.append(gamma: value) }
            writer.append(0, bits: 6)
            writer.append(gamma: isListed ? 1 : 0)
            if isListed { writer.append(gamma: .max - 1) }
            writer.append(unary: 0)
            if !isListed { writer.append(.max, bits: 64) }
            writer.append(gamma: 0)
            writer.append(unary: 0)
            damaged.append(writer.finish())
        }
        for bits in damaged {
            let bucket = RecipientBucket(firstGroup: 82_123_456, ordinal: 0, bits: bits)
            #expect(throws: BitReader.damaged) { try bucket.postings(in: SequenceNumber(1)...SequenceNumber(9)) }
        }
    }

    @Test func `a bucket whose bits or position were changed is an error`() throws {
        var random = SplitMix64(defaultSeed: 11)
        let model = Self.model(300, 2000, 500, &random)
        let bucket = try #require(Self.buckets(of: model).first)
        for byte in bucket.body.indices {
            var body = bucket.body
            body[byte] ^= 1 << UInt8.random(in: 0...7, using: &random)
            let damaged = RecipientBucket(firstGroup: bucket.firstGroup, ordinal: bucket.ordinal, body: body)
            #expect(throws: BitReader.damaged) { try damaged.postings(in: Self.segment(model)) }
        }
        for (group, ordinal) in [(bucket.firstGroup + 1, bucket.ordinal), (bucket.firstGroup, bucket.ordinal + 1)] {
            let moved = RecipientBucket(firstGroup: group, ordinal: ordinal, body: bucket.body)
            #expect(throws: BitReader.damaged) { try moved.postings(in: Self.segment(model)) }
        }
    }

    /// Beyond their checksum: no bits make the decoding crash.
    @Test func `a damaged bucket is an error or other postings, never a crash`() throws {
        var random = SplitMix64(defaultSeed: 5)
        let model = Self.model(300, 2000, 500, &random)
        let buckets = Self.buckets(of: model)
        for _ in 0..<5000 {
            let bucket = try #require(buckets.randomElement(using: &random))
            var body = Array(bucket.body.dropLast(4))
            if Bool.random(using: &random) {
                body = Array(body.prefix(Int.random(in: 0..<body.count, using: &random)))
            } else {
                for _ in 0..<Int.random(in: 1...4, using: &random) {
                    body[Int.random(in: 0..<body.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
                }
            }
            let damaged = RecipientBucket(firstGroup: bucket.firstGroup, ordinal: bucket.ordinal, bits: body)
            let postings = try? damaged.postings(in: Self.segment(model))
            #expect(postings?.sequences.allSatisfy { (1000...1500).contains($0) } ?? true)
        }
    }

    @Test func `a pair takes at most four bytes`() throws {
        var random = SplitMix64(defaultSeed: 6)
        let model = Self.model(200_000, 400_000, 40_000, &random)
        let bytes = Self.buckets(of: model).reduce(0) { $0 + $1.body.count + 16 }
        let size = Double(bytes) / Double(Set(model).count)
        #expect(size < 4, "\(size) bytes for each pair")
    }

    /// A recipient and a send log.
    struct Pair: Hashable, Comparable {
        let code: RecipientCode
        let sequence: Int64

        static func < (left: Self, right: Self) -> Bool {
            (left.code, left.sequence) < (right.code, right.sequence)
        }
    }

    struct Source: RecipientBucketSource {
        var buckets: ArraySlice<RecipientBucket>
        let segment: ClosedRange<SequenceNumber>

        mutating func next() async throws(StoreError) -> [RecipientPostings] {
            defer { buckets = buckets.dropFirst(3) }
            var postings: [RecipientPostings] = []
            for bucket in buckets.prefix(3) { postings.append(try bucket.postings(in: segment)) }
            return postings
        }
    }

    /// Random pairs in the order of their sends, from 1000 on: numbers of two networks, and some texts.
    static func model(_ recipients: Int, _ pairs: Int, _ sends: Int, _ random: inout SplitMix64) -> [Pair] {
        let sequences = (0..<pairs).map { _ in 1000 + Int64.random(in: 0..<Int64(sends), using: &random) }.sorted()
        return sequences.map { sequence in
            let number = Int.random(in: 0..<recipients, using: &random)
            let text =
                switch number % 50 {
                case 0: "person\(number)@example.com"
                case 1: "082\(1_000_000 + number * 7)"
                default: "278\(number % 3)\(1_000_000 + number * 7)"
                }
            return Pair(code: RecipientCode(RecipientKey(text)), sequence: sequence)
        }
    }

    static func segment(_ pairs: [Pair]) -> ClosedRange<SequenceNumber> {
        let sequences = pairs.map(\.sequence)
        return SequenceNumber(sequences.min() ?? 0)...SequenceNumber(sequences.max() ?? 0)
    }

    static func buckets(of pairs: [Pair]) -> [RecipientBucket] {
        var sorter = RecipientSorter(first: segment(pairs).lowerBound)
        for pair in pairs { sorter.add(pair.code, SequenceNumber(pair.sequence)) }
        var buckets: [RecipientBucket] = []
        _ = sorter.finish { buckets.append($0) }
        return buckets
    }

    static func pairs(of bucket: RecipientBucket, _ segment: ClosedRange<SequenceNumber>) throws -> [Pair] {
        let postings = try bucket.postings(in: segment)
        return postings.codes.indices.flatMap { index in
            postings.sequences(at: index).map { Pair(code: postings.codes[index], sequence: $0) }
        }
    }
}
