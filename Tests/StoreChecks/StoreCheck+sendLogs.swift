import SendLogContent
import SendLogCore
import Testing

extension StoreCheck {
    static let archive = [
        StoreCheck("an archive has every log once in the order of recording, with the digest of its content") {
            store in
            let acme = try await store.organisation("Acme")
            let zulu = try await store.organisation("Zulu")
            let logs = try (0..<1234).map { number in
                try Sample.log("log-\(number)", destinations: (0..<number % 3).map { "27\($0)" })
            }
            for batch in [logs[..<500], logs[500...]] { _ = try await store.record(Array(batch), in: acme) }
            _ = try await store.record(Sample.log("other"), in: zulu)
            var found: [StoredSendLog] = []
            while true {
                let last = found.last?.sequence ?? SequenceNumber(0)
                let next = try await store.sendLogs(after: last, in: acme)
                if next.logs.isEmpty { break }
                found += next.logs
            }
            #expect(found.map(\.sequence.number) == Array(1...1234))
            #expect(found.map(\.record) == logs.map(\.record))
            #expect(found.map(\.digest) == logs.map(\.digest))
            #expect(try await store.sendLogs(after: SequenceNumber(0), in: zulu).logs.count == 1)
        }
    ]
}
