package import SendLogCore
import Testing

extension StoreCheck {
    static let idempotencyKeys = [
        StoreCheck("a request begins once, and its response is kept") { store in
            let organisation = try await store.organisation("Acme")
            let first = try Sample.request("key", attempt: "one")
            #expect(try await store.beginRequest(first, in: organisation) == .started(reserved: first.id))
            let second = try Sample.request("key", attempt: "two", at: 1)
            #expect(try await store.beginRequest(second, in: organisation) == .inProgress)
            let response = StoredResponse(status: 201, location: "/send-logs/one", body: Array("{\"ok\":true".utf8))
            try await store.finishRequest(first, with: response, in: organisation)
            for number in 0..<3 {
                let again = try Sample.request("key", attempt: "again-\(number)", at: 1000 * number)
                #expect(try await store.beginRequest(again, in: organisation) == .finished(response))
            }
            // Keys are compared character for character.
            for key in ["Key", "key ", "\"key\"", String(repeating: "~", count: 255)] {
                let other = try Sample.request(key, attempt: "other")
                #expect(try await store.beginRequest(other, in: organisation) == .started(reserved: other.id))
            }
        },
        StoreCheck("a key that came with another request is reused, whether that is in progress or finished") { store in
            let organisation = try await store.organisation("Acme")
            let first = try Sample.request("key", attempt: "one")
            _ = try await store.beginRequest(first, in: organisation)
            let other = try Sample.request("key", digest: 2, attempt: "two", at: 90_000)
            #expect(try await store.beginRequest(other, in: organisation) == .reused)
            let response = StoredResponse(status: 400, location: "", body: [])
            try await store.finishRequest(first, with: response, in: organisation)
            #expect(try await store.beginRequest(other, in: organisation) == .reused)
            #expect(try await store.beginRequest(first, in: organisation) == .finished(response))
        },
        StoreCheck("a released request begins again with the same reserved ID, and the former owner changes nothing") {
            store in
            let organisation = try await store.organisation("Acme")
            let first = try Sample.request("key", attempt: "one")
            _ = try await store.beginRequest(first, in: organisation)
            try await store.releaseRequest(first, in: organisation)
            let second = try Sample.request("key", attempt: "two", at: 1)
            #expect(try await store.beginRequest(second, in: organisation) == .started(reserved: first.id))
            // The first attempt has lost its lease.
            let late = StoredResponse(status: 201, location: "late", body: [])
            try await store.finishRequest(first, with: late, in: organisation)
            try await store.releaseRequest(first, in: organisation)
            let third = try Sample.request("key", attempt: "three", at: 2)
            #expect(try await store.beginRequest(third, in: organisation) == .inProgress)
            let response = StoredResponse(status: 200, location: "", body: [1, 2, 0, 255])
            try await store.finishRequest(second, with: response, in: organisation)
            try await store.releaseRequest(second, in: organisation)
            #expect(try await store.beginRequest(third, in: organisation) == .finished(response))
        },
        StoreCheck("a request whose lease ended begins again with the same reserved ID") { store in
            let organisation = try await store.organisation("Acme")
            let first = try Sample.request("key", attempt: "one")
            _ = try await store.beginRequest(first, in: organisation)
            let lease = Int(IdempotencyAttempt.leaseDuration)
            let early = try Sample.request("key", attempt: "two", at: lease - 1)
            #expect(try await store.beginRequest(early, in: organisation) == .inProgress)
            let second = try Sample.request("key", attempt: "two", at: lease)
            #expect(try await store.beginRequest(second, in: organisation) == .started(reserved: first.id))
            let third = try Sample.request("key", attempt: "three", at: 2 * lease)
            #expect(try await store.beginRequest(third, in: organisation) == .started(reserved: first.id))
        },
        StoreCheck("a key is new again after a day, also for another request") { store in
            let organisation = try await store.organisation("Acme")
            let response = StoredResponse(status: 201, location: "x", body: [1])
            for (key, digest) in [("same", UInt8(1)), ("other", 2)] {
                let first = try Sample.request(key, attempt: "one")
                _ = try await store.beginRequest(first, in: organisation)
                try await store.finishRequest(first, with: response, in: organisation)
                let day = Int(IdempotencyKey.lifetime)
                let early = try Sample.request(key, attempt: "two", at: day - 1)
                #expect(try await store.beginRequest(early, in: organisation) == .finished(response))
                let next = try Sample.request(key, digest: digest, attempt: "two", at: day)
                #expect(try await store.beginRequest(next, in: organisation) == .started(reserved: next.id))
                let again = try Sample.request(key, digest: digest, attempt: "three", at: day + 1)
                #expect(try await store.beginRequest(again, in: organisation) == .inProgress)
            }
        },
        StoreCheck("two organisations may use the same key, and neither sees the other's responses") { store in
            let acme = try await store.organisation("Acme")
            let zulu = try await store.organisation("Zulu")
            let ofAcme = try Sample.request("key", attempt: "acme")
            let ofZulu = try Sample.request("key", digest: 2, attempt: "zulu")
            #expect(try await store.beginRequest(ofAcme, in: acme) == .started(reserved: ofAcme.id))
            #expect(try await store.beginRequest(ofZulu, in: zulu) == .started(reserved: ofZulu.id))
            let response = StoredResponse(status: 201, location: "acme", body: [1])
            try await store.finishRequest(ofAcme, with: response, in: acme)
            #expect(try await store.beginRequest(ofAcme, in: acme) == .finished(response))
            #expect(try await store.beginRequest(ofAcme, in: zulu) == .reused)
            try await store.releaseRequest(ofAcme, in: zulu)
            let again = try Sample.request("key", digest: 2, attempt: "again")
            #expect(try await store.beginRequest(again, in: zulu) == .inProgress)
        },
        StoreCheck("thirty servers begin the same request at once, and exactly one succeeds") { store in
            let organisation = try await store.organisation("Acme")
            for round in 0..<5 {
                let states = try await withThrowingTaskGroup(of: IdempotencyState.self) { group in
                    for server in 0..<30 {
                        let request = try Sample.request("key-\(round)", attempt: "server-\(server)")
                        group.addTask { try await store.beginRequest(request, in: organisation) }
                    }
                    return try await group.reduce(into: []) { $0.append($1) }
                }
                #expect(states.filter { $0 == .inProgress }.count == 29)
                #expect(states.contains { if case .started = $0 { true } else { false } })
            }
        },
        StoreCheck("old keys of all organisations are deleted, and no others") { store in
            let organisations = [try await store.organisation("Acme"), try await store.organisation("Zulu")]
            for organisation in organisations {
                for number in 0..<3 {
                    let request = try Sample.request("key-\(number)", attempt: "one", at: number)
                    _ = try await store.beginRequest(request, in: organisation)
                }
            }
            let end = try #require(Sample.later(2))
            var deleted = 0
            while true {
                let count = try await store.deleteIdempotencyKeys(before: end)
                if count == 0 { break }
                deleted += count
            }
            #expect(deleted == 4)
            for organisation in organisations {
                for number in 0..<3 {
                    let request = try Sample.request("key-\(number)", attempt: "two", at: 3)
                    let isKept = number == 2
                    #expect(
                        try await store.beginRequest(request, in: organisation)
                            == (isKept ? .inProgress : .started(reserved: request.id))
                    )
                }
            }
            // A response to a request whose row is gone is dropped.
            let gone = try Sample.request("gone", attempt: "one")
            let response = StoredResponse(status: 200, location: "", body: [])
            try await store.finishRequest(gone, with: response, in: organisations[0])
            #expect(try await store.beginRequest(gone, in: organisations[0]) == .started(reserved: gone.id))
        },
    ]
}

extension Sample {
    /// An attempt at a request with a key, a number of milliseconds after ``start``.
    package static func request(
        _ key: String,
        digest: UInt8 = 1,
        attempt: String,
        at milliseconds: Int = 0
    ) throws -> IdempotencyAttempt {
        IdempotencyAttempt(
            key: try #require(IdempotencyKey(key)),
            digest: [UInt8](repeating: digest, count: 32),
            id: try #require(SendLogID(attempt)),
            now: try #require(later(milliseconds))
        )
    }
}
