import SendLogCore
import Testing

extension StoreCheck {
    static let keys = [
        StoreCheck("a key is listed as it was created") { store in
            let organisation = try await store.organisation("Acme")
            let described = [
                NewAPIKey(name: "", permissions: [.readSendLogs], expires: nil),
                NewAPIKey(
                    name: "nightly \"import\", 'ünï' 😀",
                    permissions: [.createSendLogs, .readSendLogs],
                    expires: .latest
                ),
                NewAPIKey(name: "", permissions: [.all], expires: Sample.start),
                NewAPIKey(name: "for ever", permissions: [.sendLog], expires: nil),
            ]
            var created: [APIKey] = []
            for (index, key) in described.enumerated() {
                let now = try #require(Sample.later(index))
                let made = try await store.createKey(key, hash: hash(UInt8(index)), in: organisation, at: now)
                #expect(
                    made
                        == APIKey(
                            id: made.id,
                            organisation: organisation,
                            name: key.name,
                            permissions: key.permissions,
                            created: now,
                            expires: key.expires,
                            revoked: nil,
                            lastUsed: nil
                        )
                )
                created.append(made)
            }
            #expect(Set(created.map(\.id)).count == 4)
            #expect(try await store.keys(in: organisation) == created)
        },
        StoreCheck("an organisation that does not exist gets no key") { store in
            let organisation = try await store.organisation("Acme")
            let unknown = OrganisationID(organisation.number + 1)
            await #expect(throws: StoreError.notFound) {
                try await store.createKey(anyKey, hash: hash(1), in: unknown, at: .earliest)
            }
            #expect(try await store.keys(in: unknown) == [])
        },
        StoreCheck("keys of all organisations are found by a prefix of their hash") { store in
            let acme = try await store.organisation("Acme")
            let zulu = try await store.organisation("Zulu")
            let hashes: [[UInt8]] = [
                [0, 0, 0, 1], [0, 0, 0, 2], [0, 0, 1, 0], [0x7f, 0xff, 0xff, 0xff], [0xff, 0xff, 0xff, 0xfe],
                [0xff, 0xff, 0xff, 0xff],
            ].map { $0 + [UInt8](repeating: $0[3], count: 28) }
            var ids: [APIKeyID] = []
            for (index, hash) in hashes.enumerated() {
                let owner = index % 2 == 0 ? acme : zulu
                ids.append(try await store.createKey(anyKey, hash: hash, in: owner, at: .earliest).id)
            }
            for (index, hash) in hashes.enumerated() {
                for length in [1, 2, 3, 4, 31, 32] {
                    let prefix = Array(hash.prefix(length))
                    let found = try await store.keys(hashPrefix: prefix)
                    let expected = hashes.indices.filter { hashes[$0].starts(with: prefix) }
                    #expect(Set(found.map(\.key.id)) == Set(expected.map { ids[$0] }), "\(prefix)")
                    let match = try #require(found.first { $0.key.id == ids[index] })
                    #expect(match.hash == hash)
                    #expect(match.key.organisation == (index % 2 == 0 ? acme : zulu))
                }
            }
            #expect(try await store.keys(hashPrefix: [0x80]).isEmpty)
            #expect(try await store.keys(hashPrefix: hashes[0].dropLast() + [9]).isEmpty)
        },
        StoreCheck("a revoked key stays listed, with the time of its first revocation") { store in
            let organisation = try await store.organisation("Acme")
            let key = try await store.createKey(anyKey, hash: hash(1), in: organisation, at: .earliest)
            let other = try await store.createKey(anyKey, hash: hash(2), in: organisation, at: .earliest)
            let (first, second) = (try #require(Sample.later(1)), try #require(Sample.later(2)))
            let revoked = try await store.revokeKey(key.id, in: organisation, at: first)
            #expect(revoked.revoked == first)
            #expect(revoked.id == key.id)
            #expect(try await store.revokeKey(key.id, in: organisation, at: second) == revoked)
            #expect(try await store.keys(in: organisation) == [revoked, other])
            #expect(try await store.keys(hashPrefix: hash(1)).map(\.key) == [revoked])
        },
        StoreCheck("a key that does not exist cannot be revoked") { store in
            let organisation = try await store.organisation("Acme")
            await #expect(throws: StoreError.notFound) {
                try await store.revokeKey(APIKeyID(1), in: organisation, at: .earliest)
            }
        },
        StoreCheck("the last use of a key moves only forward") { store in
            let organisation = try await store.organisation("Acme")
            let key = try await store.createKey(anyKey, hash: hash(1), in: organisation, at: .earliest)
            let other = try await store.createKey(anyKey, hash: hash(2), in: organisation, at: .earliest)
            let (early, late) = (try #require(Sample.later(1)), try #require(Sample.later(2)))
            try await store.updateLastUsed(of: [:])
            try await store.updateLastUsed(of: [key.id: late, APIKeyID(999): late])
            #expect(try await store.keys(in: organisation).map(\.lastUsed) == [late, nil])
            try await store.updateLastUsed(of: [key.id: early, other.id: early])
            #expect(try await store.keys(in: organisation).map(\.lastUsed) == [late, early])
            try await store.updateLastUsed(of: [key.id: .latest, other.id: late])
            #expect(try await store.keys(in: organisation).map(\.lastUsed) == [.latest, late])
        },
    ]

    private static let anyKey = NewAPIKey(name: "any", permissions: [.readSendLogs], expires: nil)

    private static func hash(_ number: UInt8) -> [UInt8] {
        [UInt8](repeating: number, count: 32)
    }
}
