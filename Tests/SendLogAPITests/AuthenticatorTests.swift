import SendLogCore
import SendLogSQLite
import Testing

@testable import SendLogServices

@Suite struct AuthenticatorTests {
    private let now = ServiceUnderTest.now

    @Test func `a valid key is accepted with the scheme in any case`() async throws {
        let test = try ServiceUnderTest()
        let (text, key) = try await test.addKey("One")
        for scheme in ["Bearer", "bearer", "BEARER", "Bearer "] {
            #expect(try await test.authenticator.key(authorization: "\(scheme) \(text.text)", at: now) == key)
        }
    }

    @Test func `every invalid key gets the same error`() async throws {
        let test = try ServiceUnderTest()
        let expired = try await test.addKey("Expired", expires: now).text
        let (text, key) = try await test.addKey("Revoked")
        _ = try await test.store.revokeKey(key.id, in: key.organisation, at: now)
        let headers = [
            nil, "", "Bearer", "Bearer ", "Basic \(text.text)", text.text, "Bearer slk_short", "Bearer \(text.text)x",
            "Bearer \(KeyText.random().text)", "Bearer \(expired.text)", "Bearer \(text.text)",
        ]
        for header in headers {
            await #expect(throws: ServiceError.unauthorized, "\(header ?? "none")") {
                _ = try await test.authenticator.key(authorization: header, at: now)
            }
        }
    }

    @Test func `X-Api-Key has the key alone, and counts only without Authorization`() async throws {
        let test = try ServiceUnderTest()
        let (text, key) = try await test.addKey("One")
        #expect(try await test.authenticator.key(authorization: nil, apiKey: text.text, at: now) == key)
        #expect(try test.authenticator.cachedKey(authorization: nil, apiKey: text.text, at: now) == key)
        #expect(try await test.authenticator.key(authorization: "Bearer \(text.text)", apiKey: "x", at: now) == key)
        let headers = [
            (nil, "Bearer \(text.text)"), (nil, ""), (nil, "\(text.text)x"), (nil, KeyText.random().text),
            (nil, String(repeating: "a", count: 1000)), ("", text.text), ("Basic abc", text.text),
            ("Bearer \(KeyText.random().text)", text.text),
        ]
        for (authorization, apiKey) in headers {
            await #expect(throws: ServiceError.unauthorized, "\(authorization ?? "none"), \(apiKey)") {
                _ = try await test.authenticator.key(authorization: authorization, apiKey: apiKey, at: now)
            }
        }
    }

    @Test func `a key is refused from its expiry on`() async throws {
        let test = try ServiceUnderTest()
        let end = ServiceUnderTest.moment("2026-02-01T00:00:00Z")
        let text = try await test.addKey("One", expires: end).text
        let before = ServiceUnderTest.moment("2026-01-31T23:59:59.999Z")
        _ = try await test.authenticator.key(authorization: "Bearer \(text.text)", at: before)
        await #expect(throws: ServiceError.unauthorized) {
            _ = try await test.authenticator.key(authorization: "Bearer \(text.text)", at: end)
        }
    }

    @Test func `a key revoked through the server is refused at once`() async throws {
        let test = try ServiceUnderTest(cacheLifetime: .seconds(3600))
        let (text, key) = try await test.addKey("One")
        _ = try await test.authenticator.key(authorization: "Bearer \(text.text)", at: now)
        _ = try await test.authenticator.revoke(key.id, in: key.organisation, at: now)
        await #expect(throws: ServiceError.unauthorized) {
            _ = try await test.authenticator.key(authorization: "Bearer \(text.text)", at: now)
        }
    }

    @Test func `a key revoked by another program is refused after the cache lifetime`() async throws {
        let test = try ServiceUnderTest(cacheLifetime: .zero)
        let (text, key) = try await test.addKey("One")
        _ = try await test.authenticator.key(authorization: "Bearer \(text.text)", at: now)
        _ = try await test.store.revokeKey(key.id, in: key.organisation, at: now)
        await #expect(throws: ServiceError.unauthorized) {
            _ = try await test.authenticator.key(authorization: "Bearer \(text.text)", at: now)
        }
    }

    @Test func `the last use is written by writeUses, not by each request`() async throws {
        let test = try ServiceUnderTest()
        let (text, key) = try await test.addKey("One")
        for _ in 0..<10 { _ = try await test.authenticator.key(authorization: "Bearer \(text.text)", at: now) }
        #expect(try await test.store.keys(in: key.organisation).first?.lastUsed == nil)
        try await test.authenticator.writeUses()
        #expect(try await test.store.keys(in: key.organisation).first?.lastUsed == now)
    }

    @Test func `secrets are equal only if all bytes are equal`() {
        #expect(ConstantTime.areEqual([1, 2, 3], [1, 2, 3]))
        #expect(!ConstantTime.areEqual([1, 2, 3], [1, 2, 4]))
        #expect(!ConstantTime.areEqual([0, 2, 3], [1, 2, 3]))
        #expect(!ConstantTime.areEqual([1, 2], [1, 2, 3]))
    }
}
