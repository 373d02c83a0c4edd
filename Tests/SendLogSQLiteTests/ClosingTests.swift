import SendLogCore
import StoreChecks
import TestSupport
import Testing

@testable import SendLogSQLite

struct ClosingTests {
    @Test func `a cancelled call is not reported as a damaged database`() async throws {
        let folder = try TemporaryFolder()
        let store = try SQLiteStore(path: folder.file())
        defer { store.close() }
        let call = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return try await store.deleteDeliveries(before: .latest)
        }
        do { #expect(try await call.value == 0) } catch {
            #expect(error as? StoreError == .unavailable(.closed, detail: "cancelled"))
        }
        #expect(StoreError(CancellationError()) == .unavailable(.closed, detail: "cancelled"))
    }

    @Test func `a close during many creates keeps every acknowledged log and refuses the rest`() async throws {
        for _ in 0..<10 {
            let folder = try TemporaryFolder()
            let store = try SQLiteStore(path: folder.file())
            let organisation = try await store.organisation()
            let acknowledged = try await withThrowingTaskGroup(of: [SendLogID].self) { group in
                for sender in 0..<20 {
                    group.addTask {
                        var acknowledged: [SendLogID] = []
                        for number in 0..<1000 {
                            let log = try Sample.plain("log-\(sender)-\(number)")
                            do throws(StoreError) {
                                _ = try await store.record([log], in: organisation)
                                acknowledged.append(log.id)
                            } catch {
                                // Any other error would give the sender a wrong outcome.
                                guard case .unavailable(.closed, _) = error else { throw error }
                                return acknowledged
                            }
                        }
                        return acknowledged
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
            #expect(acknowledged.count < 20_000)
            #expect(try await again.search(SendLogSearch(limit: 0), in: organisation).total == acknowledged.count)
            for id in acknowledged.suffix(50) { _ = try await again.sendLog(id, in: organisation) }
            try await expectSoundCounters(of: again)
        }
    }
}
