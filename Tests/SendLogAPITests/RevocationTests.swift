import SendLogCore
import SendLogServices
import Synchronization
import Testing

/// Revocations of keys that the store cannot store at once.
@Suite struct RevocationTests {
    private let now = ServiceUnderTest.now

    /// A store of two keys that refuses changes, as Citus while one of its nodes is down.
    private final class ReadableStore: KeyStore {
        struct State {
            var keys: [(key: APIKey, hash: [UInt8])] = []
            var failure: StoreError? = .unavailable(.unreachable, detail: "test")
            /// Whether the change is made in spite of the failure.
            var writesAnyway = false
            var attempts = 0
        }
        let state = Mutex(State())
        let organisation = OrganisationID(1)

        func add(_ number: Int64) -> KeyText {
            let text = KeyText.random()
            let new = NewAPIKey(name: "", permissions: [.all], expires: nil)
            let key = APIKey(new, id: APIKeyID(number), of: organisation, created: .earliest)
            state.withLock { $0.keys.append((key, text.hash)) }
            return text
        }

        func keys(in organisation: OrganisationID) async throws(StoreError) -> [APIKey] {
            state.withLock { $0.keys.map(\.key) }.filter { $0.organisation == organisation }
        }

        func keys(hashPrefix: [UInt8]) async throws(StoreError) -> [(key: APIKey, hash: [UInt8])] {
            state.withLock { $0.keys }.filter { $0.hash.starts(with: hashPrefix) }
        }

        func revokeKey(
            _ id: APIKeyID,
            in organisation: OrganisationID,
            at now: Timestamp
        ) async throws(StoreError) -> APIKey {
            let (revoked, failure) = state.withLock { state -> (APIKey?, StoreError?) in
                state.attempts += 1
                guard let index = state.keys.firstIndex(where: { $0.key.id == id }) else { return (nil, .notFound) }
                if state.failure == nil || state.writesAnyway {
                    state.keys[index].key = state.keys[index].key.revoked(at: now)
                }
                return (state.keys[index].key, state.failure)
            }
            if let failure { throw failure }
            guard let revoked else { throw .notFound }
            return revoked
        }

        func updateLastUsed(of keys: [APIKeyID: Timestamp]) async throws(StoreError) {}

        func createKey(
            _ key: NewAPIKey,
            hash: [UInt8],
            in organisation: OrganisationID,
            at now: Timestamp
        ) async throws(StoreError) -> APIKey { throw .notFound }
    }

    private func isAccepted(_ text: KeyText, by authenticator: Authenticator) async -> Bool {
        (try? await authenticator.key(authorization: "Bearer \(text.text)", at: now)) != nil
    }

    @Test(arguments: [Duration.zero, .seconds(3600)])
    func `a key whose revocation cannot be stored is refused by this server, until it is stored`(
        cacheLifetime: Duration
    ) async throws {
        let store = ReadableStore()
        let (text, other) = (store.add(1), store.add(2))
        let authenticator = Authenticator(keyStore: store, cacheLifetime: cacheLifetime)
        let unaware = Authenticator(keyStore: store, cacheLifetime: .zero)
        for key in [text, other] { #expect(await isAccepted(key, by: authenticator)) }
        let revocation = try await authenticator.revoke(APIKeyID(1), in: store.organisation, at: now)
        #expect(!revocation.isStored && revocation.key.revoked == now)
        #expect(await !isAccepted(text, by: authenticator))
        #expect(await isAccepted(other, by: authenticator))
        #expect(await isAccepted(text, by: unaware))
        #expect(authenticator.pendingRevocations == [APIKeyID(1)])
        // A failure is reported once.
        let failure = StoreError.unavailable(.unreachable, detail: "test")
        #expect(await authenticator.storeRevocations() == [.failed(APIKeyID(1), failure)])
        #expect(await authenticator.storeRevocations() == [])
        store.state.withLock { $0.failure = nil }
        #expect(await authenticator.storeRevocations() == [.stored(APIKeyID(1))])
        #expect(authenticator.pendingRevocations == [])
        #expect(await authenticator.storeRevocations() == [])
        for server in [authenticator, unaware] {
            #expect(await !isAccepted(text, by: server))
            #expect(await isAccepted(other, by: server))
        }
        // The time is that of the request.
        #expect(try await store.keys(in: store.organisation).map(\.revoked) == [now, nil])
    }

    @Test func `a revocation whose outcome is unknown is repeated, and keeps its time`() async throws {
        let store = ReadableStore()
        _ = store.add(1)
        store.state.withLock { $0.writesAnyway = true }
        let authenticator = Authenticator(keyStore: store, cacheLifetime: .zero)
        _ = try await authenticator.revoke(APIKeyID(1), in: store.organisation, at: now)
        store.state.withLock { $0.failure = nil }
        #expect(await authenticator.storeRevocations() == [.stored(APIKeyID(1))])
        #expect(try await store.keys(in: store.organisation).map(\.revoked) == [now])
    }

    @Test(arguments: [StoreError.corrupted(detail: "test"), .unavailable(.closed, detail: "test")])
    func `a revocation that no later attempt would store fails, and the key stays valid`(failure: StoreError)
        async throws
    {
        let store = ReadableStore()
        let text = store.add(1)
        store.state.withLock { $0.failure = failure }
        let authenticator = Authenticator(keyStore: store, cacheLifetime: .zero)
        await #expect(throws: failure) {
            _ = try await authenticator.revoke(APIKeyID(1), in: store.organisation, at: now)
        }
        #expect(await isAccepted(text, by: authenticator))
        #expect(authenticator.pendingRevocations == [])
    }

    @Test func `another organisation's key is not found, and not refused`() async throws {
        let store = ReadableStore()
        let text = store.add(1)
        let authenticator = Authenticator(keyStore: store, cacheLifetime: .zero)
        for (id, organisation) in [(APIKeyID(1), OrganisationID(2)), (APIKeyID(2), store.organisation)] {
            await #expect(throws: StoreError.notFound) {
                _ = try await authenticator.revoke(id, in: organisation, at: now)
            }
        }
        #expect(await isAccepted(text, by: authenticator))
        #expect(store.state.withLock { $0.attempts } == 0)
    }

    @Test func `a bounded number of revocations is kept, and the next one fails`() async throws {
        let store = ReadableStore()
        let authenticator = Authenticator(keyStore: store, cacheLifetime: .zero)
        for number in 1...1001 { _ = store.add(Int64(number)) }
        for number in 1...1000 {
            let id = APIKeyID(Int64(number))
            #expect(try await !authenticator.revoke(id, in: store.organisation, at: now).isStored)
        }
        await #expect(throws: StoreError.unavailable(.unreachable, detail: "test")) {
            _ = try await authenticator.revoke(APIKeyID(1001), in: store.organisation, at: now)
        }
        #expect(authenticator.pendingRevocations.count == 1000)
        // The first failure ends an attempt to store all of them.
        let before = store.state.withLock { $0.attempts }
        _ = await authenticator.storeRevocations()
        #expect(store.state.withLock { $0.attempts } == before + 1)
    }
}
