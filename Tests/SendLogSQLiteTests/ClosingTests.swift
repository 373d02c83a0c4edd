import SendLogCore
import Testing

@testable import SendLogSQLite

struct ClosingTests {
    @Test func `a closed store answers every method that it is closed`() async throws {
        try await withStore { store, _ in
            let organisation = try await store.organisation()
            let log = try TestLog.log("a")
            _ = try await store.record([log], in: organisation)
            let key = NewAPIKey(name: "", permissions: [.all], expires: nil)
            let name = try #require(OrganisationName("Zulu"))
            store.close()
            let search = SendLogSearch()
            let rest = RestOfPage(search: search, start: .latest, sequence: SequenceNumber(1))
            await expectClosed { () async throws(StoreError) in _ = try await store.record([log], in: organisation) }
            await expectClosed { () async throws(StoreError) in _ = try await store.sendLog(log.id, in: organisation) }
            await expectClosed { () async throws(StoreError) in _ = try await store.search(search, in: organisation) }
            await expectClosed { () async throws(StoreError) in _ = try await store.rows(rest, in: organisation) }
            await expectClosed { () async throws(StoreError) in
                _ = try await store.destinations(of: SequenceNumber(1), from: 0, in: organisation) { _ in }
            }
            await expectClosed { () async throws(StoreError) in
                _ = try await store.createOrganisation(named: name, at: .earliest)
            }
            await expectClosed { () async throws(StoreError) in _ = try await store.organisations() }
            await expectClosed { () async throws(StoreError) in _ = try await store.organisation(named: name) }
            await expectClosed { () async throws(StoreError) in
                _ = try await store.createKey(key, hash: [1], in: organisation, at: .earliest)
            }
            await expectClosed { () async throws(StoreError) in _ = try await store.keys(in: organisation) }
            await expectClosed { () async throws(StoreError) in _ = try await store.keys(hashPrefix: [1]) }
            await expectClosed { () async throws(StoreError) in
                _ = try await store.revokeKey(APIKeyID(1), in: organisation, at: .earliest)
            }
            await expectClosed { () async throws(StoreError) in try await store.noteUse(of: [APIKeyID(1): .earliest]) }
            await expectClosed { () async throws(StoreError) in try await store.ping() }
        }
    }

    @Test func `closing twice changes nothing`() async throws {
        try await withStore { store, _ in
            store.close()
            store.close()
        }
    }

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
                            let log = try TestLog.log("log-\(sender)-\(number)")
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
                    var count = 0
                    while count < 100 {
                        do throws(StoreError) {
                            count = try await store.search(SendLogSearch(limit: 0), in: organisation).total
                        } catch { break }
                    }
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

    private func expectClosed(_ body: () async throws(StoreError) -> Void) async {
        do throws(StoreError) {
            try await body()
            Issue.record("it went through")
        } catch {
            guard case .unavailable(.closed, _) = error else {
                Issue.record("\(error)")
                return
            }
        }
    }
}
