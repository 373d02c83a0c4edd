import SendLogCore
import StoreChecks
import TestSupport
import Testing

@testable import SendLogSQLite

struct ClosingTests {
    @Test func `a close among many creates keeps what was answered and turns the rest away`() async throws {
        for _ in 0..<10 {
            let folder = try TemporaryFolder()
            let store = try SQLiteStore(path: folder.file())
            let organisation = try await store.organisation()
            let answered = try await withThrowingTaskGroup(of: [SendLogID].self) { group in
                for sender in 0..<20 {
                    group.addTask {
                        var answered: [SendLogID] = []
                        for number in 0..<1000 {
                            let log = try Sample.plain("log-\(sender)-\(number)")
                            do throws(StoreError) {
                                _ = try await store.record([log], in: organisation)
                                answered.append(log.id)
                            } catch {
                                // Anything else than this would tell a sender something that is not so.
                                guard case .unavailable(.closed, _) = error else { throw error }
                                return answered
                            }
                        }
                        return answered
                    }
                }
                group.addTask {
                    while try await store.search(SendLogSearch(limit: 0), in: organisation).total < 100 {}
                    store.close()
                    return []
                }
                return try await group.reduce([], +)
            }
            let again = try SQLiteStore(path: folder.file())
            defer { again.close() }
            #expect(answered.count < 20_000)
            #expect(try await again.search(SendLogSearch(limit: 0), in: organisation).total == answered.count)
            for id in answered.suffix(50) { _ = try await again.sendLog(id, in: organisation) }
            try await expectSoundCounters(of: again)
        }
    }
}
