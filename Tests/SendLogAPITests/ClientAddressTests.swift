import NIOCore
import NIOHTTP1
import SendLogHTTP
import SendLogNetwork
import Testing

@testable import SendLogServices

/// The address of a request's client, and the consequences of invalid keys.
struct ClientAddressTests {
    @Test(
        arguments: [
            // A client's own entries precede those that the proxies append.
            (["203.0.113.9, 198.51.100.7"], "198.51.100.7"), (["198.51.100.7, 10.0.0.2, 10.0.0.3"], "198.51.100.7"),
            (["198.51.100.7", "10.0.0.2"], "198.51.100.7"), (["198.51.100.7:4711"], "198.51.100.7"),
            (["[2001:db8:1:2:3::4]:443"], "2001:db8:1:2:3::4"), (["2001:db8:1:2:3::4"], "2001:db8:1:2:3::4"),
            (["::ffff:198.51.100.7"], "198.51.100.7"), (["10.0.0.2"], "10.0.0.2"),
            // The search from the end stops at an invalid entry; the client is the address found last.
            ([], "10.0.0.1"), ([""], "10.0.0.1"), (["unknown"], "10.0.0.1"),
            (["198.51.100.7, x, 10.0.0.2"], "10.0.0.2"),
            (["198.51.100.7,"], "10.0.0.1"),
        ]
    )
    func `the client is the last address that is not a trusted proxy`(lines: [String], client: String) throws {
        let proxies = try TrustedProxies("10.0.0.0/24, 192.0.2.1")
        let proxy = try #require(IPAddress("10.0.0.1"))
        #expect(proxies.client(forwardedFor: lines, by: proxy).description == client)
    }

    @Test(
        arguments: [
            ("198.51.100.7", "198.51.100.7"), ("::ffff:198.51.100.7", "198.51.100.7"),
            ("2001:db8:1:2:3::4", "2001:db8:1:2::"),
        ]
    )
    func `limits count the addresses of a client's network as one client`(address: String, client: String) throws {
        let request = HTTPRequest(
            method: .GET,
            target: "/",
            headers: [:],
            address: IPAddress(address),
            body: RequestBody(ByteBuffer())
        )
        #expect(request.client?.description == client)
    }

    @Test func `trusted proxies are addresses and networks`() throws {
        let proxies = try TrustedProxies(" 10.0.0.0/8 ,2001:db8::/32")
        for (text, isProxy) in [
            ("10.9.9.9", true), ("::ffff:10.9.9.9", true), ("2001:db8::1", true), ("11.0.0.1", false),
        ] {
            #expect(proxies.contains(try #require(IPAddress(text))) == isProxy, "\(text)")
        }
        #expect(!TrustedProxies().contains(try #require(IPAddress("10.0.0.1"))))
        for text in ["10.0.0.0/33", "localhost", "10.0.0.1 10.0.0.2", "10.0.0.1..10.0.0.9", "10.0.0.1,", ","] {
            #expect(throws: TrustedProxies.InvalidEntry.self) { try TrustedProxies(text) }
        }
    }

    @Test func `requests with invalid keys are delayed and counted by client for a minute`() throws {
        let (one, two) = (IPAddress("192.0.2.1"), IPAddress("192.0.2.2"))
        let authenticationFailures = AuthenticationFailures(capacity: 2)
        let now = ContinuousClock.now
        for _ in 0..<10 { #expect(authenticationFailures.record(one, at: now) == .init(isLogged: true, delay: nil)) }
        for _ in 0..<3 {
            #expect(authenticationFailures.record(one, at: now) == .init(isLogged: false, delay: .seconds(1)))
        }
        #expect(authenticationFailures.record(two, at: now).delay == nil)
        #expect(authenticationFailures.record(one, hasKey: false, at: now).isLogged)
        // Clients beyond the capacity are counted together.
        for number in 0..<13 { _ = authenticationFailures.record(IPAddress("198.51.100.\(number)"), at: now) }
        let counts = authenticationFailures.takeCounts(at: now)
        #expect(counts.count == 2)
        #expect(counts.contains { $0.client == one && $0.count == 3 })
        #expect(counts.contains { $0.client == nil && $0.count == 3 })
        #expect(authenticationFailures.takeCounts(at: now).isEmpty)
        #expect(authenticationFailures.record(one, at: now + .seconds(59)).delay == .seconds(1))
        #expect(authenticationFailures.record(one, at: now + .seconds(60)).delay == nil)
        #expect(authenticationFailures.takeCounts(at: now + .seconds(200)).map(\.count) == [1])
    }
}
