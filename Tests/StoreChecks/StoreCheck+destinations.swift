import SendLogContent
import SendLogCore
import TestSupport
import Testing

extension StoreCheck {
    static let destinations = [
        StoreCheck("a log without destinations has an empty list") { store in
            let organisation = try await store.organisation("Acme")
            let stored = try #require(try await store.record(Sample.log("a"), in: organisation).recorded)
            #expect(stored.destinations == 0)
            #expect(try await store.chunks(of: stored.sequence, in: organisation) == [])
        },
        StoreCheck("destinations are stored character for character in the order given") { store in
            let organisation = try await store.organisation("Acme")
            let destinations = [
                "27821234567", "+27 82 123 4567", "0027821234567", "27821234567", "jo@example.com", " ", "\"", "\\",
                "\\n",
                "/", "<a&b>", "'", "é", "e\u{301}", "ﬁ", "日本", "😀👩‍👩‍👧‍👦", "\u{2028}", "\u{feff}", "\u{10ffff}", "null",
                String(repeating: "9", count: 320), String(repeating: "😀", count: 320), "0",
            ]
            let log = try Sample.parsed("a", destinations: destinations)
            let stored = try #require(try await store.record(log, in: organisation).recorded)
            #expect(stored.destinations == destinations.count)
            let text = try await store.listText(of: stored.sequence, in: organisation)
            #expect(text == Sample.arrayInside(destinations))
        },
        StoreCheck("a list of a hundred thousand is stored in several chunks and read back whole") { store in
            let organisation = try await store.organisation("Acme")
            // Regular numbers compress so well that the list is never spooled.
            let destinations = (0..<100_000).map { "27820\(100_000 + $0)" }
            let log = try Sample.parsed("a", destinations: destinations)
            let stored = try #require(try await store.record(log, in: organisation).recorded)
            #expect(stored.destinations == 100_000)
            let chunks = try await store.chunks(of: stored.sequence, in: organisation)
            #expect(chunks.count > 4)
            #expect(chunks.reduce(0) { $0 + $1.count } == 100_000)
            #expect(
                try await store.listText(of: stored.sequence, in: organisation) == Sample.arrayInside(destinations)
            )
        },
        StoreCheck("a spooled list is read back whole, and a repeated log is compared with it") { store in
            let organisation = try await store.organisation("Acme")
            var random = SplitMix64(defaultSeed: 7, test: "a spooled list is read back whole")
            let destinations = (0..<100_000).map { _ in
                "27\(UInt64.random(in: 600_000_000...899_999_999, using: &random))"
            }
            let log = try Sample.parsed("a", destinations: destinations)
            var bytes = 0
            try log.destinations.forEachChunk { bytes += $0.body.count }
            #expect(bytes > 256 * 1024)
            let stored = try #require(try await store.record(log, in: organisation).recorded)
            #expect(
                try await store.listText(of: stored.sequence, in: organisation) == Sample.arrayInside(destinations)
            )
            #expect(try await store.record(log, in: organisation) == .existing(stored))
            let again = try Sample.parsed("a", destinations: destinations)
            #expect(try await store.record(again, in: organisation) == .existing(stored))
            var swapped = destinations
            swapped.swapAt(99_998, 99_999)
            let other = try Sample.parsed("a", destinations: swapped)
            #expect(try await store.record(other, in: organisation) == .conflict(fields: ["destinations"]))
            #expect(
                try await store.listText(of: stored.sequence, in: organisation) == Sample.arrayInside(destinations)
            )
        },
        StoreCheck("a list can be read from any chunk, and has no chunks after its end") { store in
            let organisation = try await store.organisation("Acme")
            let log = try Sample.parsed("a", destinations: (0..<60_000).map { "2782\($0)" })
            let stored = try #require(try await store.record(log, in: organisation).recorded)
            let chunks = try await store.chunks(of: stored.sequence, in: organisation)
            try #require(chunks.count > 5)
            for first in chunks.indices {
                let part = try await store.chunks(of: stored.sequence, from: first, in: organisation)
                #expect(!part.isEmpty)
                #expect(part[...] == chunks[first...].prefix(part.count))
            }
            var taken: [DestinationChunk] = []
            let count = try await store.destinations(of: stored.sequence, from: 1, limit: 4, in: organisation) {
                chunk in
                taken.append(chunk.copy)
                return taken.count < 2
            }
            #expect(count == 2)
            #expect(taken[...] == chunks[1..<3])
            for first in [chunks.count, chunks.count + 1, 1_000_000] {
                #expect(try await store.chunks(of: stored.sequence, from: first, in: organisation) == [])
            }
        },
        StoreCheck("neighbouring lists do not run into each other") { store in
            let organisation = try await store.organisation("Acme")
            let logs = try (0..<20).map { number in
                try Sample.log("log-\(number)", destinations: (0..<number).map { "\(number)/\($0)" })
            }
            _ = try await store.record(logs, in: organisation)
            for number in 0..<20 {
                let text = try await store.listText(of: SequenceNumber(Int64(number + 1)), in: organisation)
                #expect(text == Sample.arrayInside((0..<number).map { "\(number)/\($0)" }))
            }
            #expect(try await store.chunks(of: SequenceNumber(21), in: organisation) == [])
            #expect(try await store.chunks(of: SequenceNumber(0), in: organisation) == [])
        },
    ]
}
