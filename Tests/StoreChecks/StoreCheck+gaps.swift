import SendLogCore
import Testing

/// Sequence numbers without logs, over the ends of the counters' blocks.
extension StoreCheck {
    static let gaps = [
        StoreCheck("a raised head is where recording goes on, and is never lowered") { store in
            let organisation = try await store.organisation("Acme")
            try await store.raiseHead(to: SequenceNumber(5), in: organisation)
            _ = try await store.record(Sample.logs(2, "a"), in: organisation)
            try await store.raiseHead(to: SequenceNumber(3), in: organisation)
            try await store.raiseHead(to: SequenceNumber(7), in: organisation)
            try await store.raiseHead(to: SequenceNumber(10), in: organisation)
            _ = try await store.record(Sample.logs(1, "b"), in: organisation)
            #expect(try await store.find(SendLogSearch(order: .oldestFirst), in: organisation) == [6, 7, 11])
            let sums = try await store.organisation(organisation)
            #expect((sums.sends, sums.head.lastSequence) == (3, SequenceNumber(11)))
            #expect(try await store.check { _, _ in } == [])
        },
        StoreCheck("counts are exact where deleted logs and snapshots lie at the ends of blocks") { store in
            let organisation = try await store.organisation("Acme")
            var model = SearchModel()
            let size = Int(CounterBlock.size)
            for block in [0, 1, 2] {
                let before = (block + 1) * size - 4
                try await store.raiseHead(to: SequenceNumber(Int64(before)), in: organisation)
                model.raiseHead(to: before)
                let logs = try (0..<8).map { number in
                    try Sample.log("\(block)-\(number)", campaign: "c\(number % 2)", start: Sample.later(number))
                }
                _ = try await store.record(logs, in: organisation)
                for log in logs { model.append(log) }
            }
            for deleted in [[], [size, size + 1, 2 * size - 1], [3 * size - 3, 3 * size + 4]] {
                #expect(try await store.delete(deleted, in: organisation) == deleted.count)
                model.delete(Set(deleted))
                for end in [0, size - 4, size, size + 1, 2 * size - 2, 2 * size + 5, 3 * size, 3 * size + 4] {
                    for campaigns in [nil, try Sample.campaigns("c0"), try Sample.campaigns("c1", "c0")] {
                        for (from, skip) in [(nil, 0), (nil, 3), (Sample.later(1), 0), (.earliest, 2)] {
                            var search = SendLogSearch(campaigns: campaigns, from: from, skip: skip)
                            search.asOf = SequenceNumber(Int64(end))
                            try await compare(search, in: organisation, of: store, with: model) { "\(search)" }
                        }
                    }
                    let range = SequenceNumber(1)...SequenceNumber(Int64(max(end, 1)))
                    let expected = model.logs.count { $0.sequence <= max(end, 1) }
                    #expect(try await store.sendLogCount(in: [range], of: organisation) == expected)
                }
            }
            #expect(try await store.check { _, _ in } == [])
        },
    ]
}
