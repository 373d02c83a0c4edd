import Foundation
import TestSupport
import Testing

/// Webhooks cannot reach the server's machine or its network, in any notation of an address.
///
/// All addresses are refused before anything is sent, and none needs DNS: no packet leaves the machine.
@Suite struct WebhookAddressTests {
    /// Checks that the server does not connect to a URL.
    private static func expectRefusal(of url: String, from tenant: Tenant) throws {
        let attempt = try Hook(tenant, url).test()["attempts"][0]
        #expect(attempt["status"] == .null && attempt["answer"] == "", "\(url): \(attempt)")
        #expect(attempt["problem"].string?.contains("is not public") == true, "\(url): \(attempt)")
    }

    /// Loopback in every notation.
    private static let loopback = [
        "127.0.0.1", "localhost", "LOCALHOST", "LocalHost", "2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1",
        "017700000001", "127.1", "127.0.1", "127.255.255.254", "[::1]", "[0:0:0:0:0:0:0:1]", "[::ffff:127.0.0.1]",
        "[::FFFF:127.0.0.1]", "[::ffff:7f00:1]", "[64:ff9b::7f00:1]", "[64:ff9b::127.0.0.1]", "[::127.0.0.1]",
        "[2002:7f00:1::]", "0.0.0.0", "0", "[::]",
    ]

    @Test func `a webhook to loopback is refused in any notation`() throws {
        // The receiver would respond.
        let receiver = try Receiver()
        let tenant = try Shared.server.tenant(permissions: "webhook")
        for host in Self.loopback { try Self.expectRefusal(of: "http://\(host):\(receiver.port)/ok", from: tenant) }
        // The only connection is the one that this test makes last.
        #expect(try HTTPConnection(port: receiver.port).request("GET", "/ok").status == 200)
        #expect(try receiver.connections() == 1)
    }

    @Test(
        arguments: [
            "10.0.0.1", "10.255.255.255", "167772161", "0xa000001", "012.0.0.1", "10.1", "172.16.0.1",
            "172.31.255.255", "192.168.0.1", "192.168.255.255", "169.254.169.254", "2852039166", "0xa9fea9fe",
            "0251.0376.0251.0376", "100.64.0.1", "100.127.255.255", "192.0.0.1", "192.0.2.1", "198.18.0.1",
            "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255",
            "4294967295", "[fe80::1]", "[febf::1]", "[fec0::1]", "[fc00::1]", "[fd00:ec2::254]", "[ff02::1]",
            "[::ffff:10.0.0.1]", "[::ffff:169.254.169.254]", "[64:ff9b::a9fe:a9fe]", "[64:ff9b:1::1]",
            "[2002:a9fe:a9fe::]", "[2002:c0a8:1::1]", "[2001::1]", "[2001:db8::1]", "[100::1]", "[::10.0.0.1]",
            "[5f00::1]", "[3fff::1]",
        ]
    )
    func `a webhook to an address that is not public is refused`(host: String) throws {
        let tenant = try Shared.server.tenant(permissions: "webhook")
        for scheme in ["http", "https"] { try Self.expectRefusal(of: "\(scheme)://\(host)/", from: tenant) }
    }

    @Test func `a webhook reaches addresses that the operator allows, and no others`() throws {
        let tenant = try Hooks.server.tenant(permissions: "webhook")
        let path = Hooks.path("ok")
        let port = try Hooks.receiver.port
        for host in ["127.0.0.1", "2130706433", "0x7f000001", "127.1", "0177.0.0.1"] {
            let hook = try Hook(tenant, "http://\(host):\(port)\(path)")
            #expect(try hook.test()["state"] == "delivered", "\(host)")
        }
        let elsewhere = try Receiver(host: "127.0.0.2")
        let cases = [
            ("127.0.0.2", elsewhere.port), ("[::1]", port), ("[::ffff:127.0.0.2]", elsewhere.port), ("0.0.0.0", port),
            ("2130706434", elsewhere.port), ("10.0.0.1", 80), ("169.254.169.254", 80),
        ]
        for (host, port) in cases { try Self.expectRefusal(of: "http://\(host):\(port)/ok", from: tenant) }
        // The only connection is the one that this test makes last.
        let connection = try HTTPConnection(host: "127.0.0.2", port: elsewhere.port)
        #expect(try connection.request("GET", "/ok").status == 200)
        #expect(try elsewhere.connections() == 1)
    }

    @Test func `an allowed host name matches in any case`() throws {
        let server = try Server(arguments: ["--webhooks-allow", "LocalHost, 10.0.0.0/8"])
        let tenant = try server.tenant(permissions: "webhook")
        let path = Hooks.path("ok")
        let port = try Hooks.receiver.port
        for host in ["localhost", "LOCALHOST"] {
            let hook = try Hook(tenant, "http://\(host):\(port)\(path)")
            #expect(try hook.test()["state"] == "delivered", "\(host)")
        }
        try Self.expectRefusal(of: "http://127.0.0.1:\(port)\(path)", from: tenant)
        #expect(try Hooks.receiver.requests(path).count == 2)
    }

    @Test(arguments: ["10.0.0.0/33", "10.0.0", "http://a", "a b;c", "1.2.3.4.5", "::1/129", "10.0.0.0/-1", "10.0.0.0/"])
    func `an invalid list of allowed addresses is reported at start, by its name`(list: String) throws {
        let refused = try Command.sendlog("serve", "--webhooks-allow=\(list)")
        #expect(refused.exit == .code(64))
        #expect(refused.errors.contains("webhooks-allow"), "\(refused)")
    }

    @Test(arguments: [
        ("timeout", "0"), ("timeout", "13"), ("retry-seconds", "0"), ("keep-days", "0"), ("workers", "-1"),
    ])
    func `a setting out of bounds is reported at start, by its name`(name: String, value: String) throws {
        let refused = try Command.sendlog("serve", "--webhooks-\(name)=\(value)")
        #expect(refused.exit == .code(64))
        #expect(refused.errors.contains("webhooks-\(name)"), "\(refused)")
    }
}
