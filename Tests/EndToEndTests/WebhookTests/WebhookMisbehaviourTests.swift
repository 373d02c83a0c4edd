import Foundation
import TestSupport
import Testing

/// Receivers that misbehave: each attempt ends in time, and reports the problem.
@Suite(.blocking) struct WebhookMisbehaviourTests {
    /// Makes a test delivery to a path, on a server with a timeout of 3 or of 10 seconds.
    private static func attempt(
        _ mode: String,
        on server: Server,
        at receiver: Receiver? = nil
    ) throws -> (attempt: JSON, path: String) {
        let path = Hooks.path(mode)
        let hook = try Hook(try Hooks.tenant(on: server), (receiver ?? Hooks.receiver).url(path))
        let delivery = try hook.test()
        #expect(delivery["tries"] == 1 && delivery["attempts"].elements.count == 1)
        let attempt = delivery["attempts"][0]
        // The machine may be busy; without a timeout a dripping receiver would take minutes.
        #expect(attempt["duration"].integer.map { $0 < 300_000 } == true, "\(attempt)")
        return (attempt, path)
    }

    @Test(
        arguments: [
            ("hang", "no response within 3 seconds"), ("drip-head", "no response within 3 seconds"),
            ("slow/30000", "no response within 3 seconds"),
            ("close-early", "closed the connection before it responded"),
            ("garbage", "did not respond with HTTP"),
        ]
    )
    func `an invalid response is a failure that reports the problem`(mode: String, problem: String) throws {
        let server = try problem.hasPrefix("no response") ? Hooks.shortTimeoutServer : Hooks.server
        // A separate receiver, as the client may repeat a request on a reused connection.
        let receiver = try Receiver()
        let (attempt, path) = try Self.attempt(mode, on: server, at: receiver)
        #expect(attempt["status"] == .null && attempt["answer"] == "")
        #expect(attempt["problem"].string?.contains(problem) == true, "\(attempt)")
        // The client did not repeat the request by itself before it made the next one.
        let (next, _) = try Self.attempt("ok", on: server, at: receiver)
        #expect(next["status"] == 200, "\(next)")
        #expect(try receiver.requests(path).count == 1)
    }

    @Test func `a receiver without TLS is reported, with a hint at the scheme of the URL`() throws {
        let tenant = try Hooks.tenant()
        let attempt = try Hook(tenant, "https://127.0.0.1:\(tenant.server.port)/").test()["attempts"][0]
        let problem = "the receiver does not support TLS; check whether the URL must begin with http://"
        #expect(attempt["problem"] == .string(problem), "\(attempt)")
    }

    @Test(arguments: ["drip-body", "close-body"])
    func `a status counts even if the body after it fails`(mode: String) throws {
        let (attempt, _) = try Self.attempt(mode, on: mode == "drip-body" ? Hooks.shortTimeoutServer : Hooks.server)
        #expect(attempt["status"] == 200, "\(attempt)")
        let body = try #require(attempt["answer"].string)
        let isExpected = mode == "drip-body" ? body.hasPrefix("d") && "drip".hasPrefix(body) : body == "only this"
        #expect(isExpected, "\(attempt)")
    }

    @Test(arguments: [301, 302, 303, 307, 308])
    func `a redirect is reported, and not followed`(status: Int) throws {
        let receiver = try Receiver()
        let (attempt, _) = try Self.attempt("redirect/\(status)", on: Hooks.server, at: receiver)
        #expect(attempt["status"].integer == status)
        #expect(attempt["problem"].string?.contains("redirect") == true, "\(attempt)")
        #expect(try receiver.trapped() == 1)
    }

    @Test func `a response of 200 MB is truncated, and costs no memory`() throws {
        let server = try Server(arguments: ["--webhooks-allow", "127.0.0.1"])
        let tenant = try Hooks.tenant(on: server)
        let path = Hooks.path("big")
        let hook = try Hook(tenant, Hooks.receiver.url(path))
        _ = try Hook(tenant, Hooks.receiver.url(Hooks.path("ok"))).test()
        try ServerMemory.forgetPeak(of: server)
        let before = try ServerMemory(of: server).resident
        for number in 0..<5 {
            let attempt = try hook.test()["attempts"][0]
            #expect(attempt["status"] == 200 && attempt["answer"].string == String(repeating: "x", count: 1024))
            try tenant.record(SampleLog(id: "send-\(number)"))
        }
        _ = try hook.waitForDeliveries("?limit=1000") { $0.filter { $0["state"] == "delivered" }.count == 10 }
        let grown = try ServerMemory(of: server).peak - before
        #expect(grown < 40, "ten responses of 200 MB cost \(grown) MB")
        #expect(try Hooks.receiver.requests(path).count == 10)
    }

    @Test func `a failing receiver delays no other, and gets its sends when it works again`() throws {
        let server = try Hooks.shortTimeoutServer
        let tenant = try Hooks.tenant(on: server)
        let modes = ["hang", "drip-head", "garbage", "close-early"]
        let bad = try modes.map { try Hook(tenant, Hooks.receiver.url(Hooks.path($0))) }
        let path = Hooks.path("ok")
        _ = try Hook(tenant, Hooks.receiver.url(path))
        for number in 0..<8 { try tenant.record(SampleLog(id: "send-\(number)")) }
        #expect(try Hooks.receiver.waitForRequests(path, 8).ids() == (0..<8).map { "send-\($0)" })
        for hook in bad {
            let tried = try hook.waitForDeliveries { !$0.isEmpty && $0.allSatisfy { $0["tries"].integer ?? 0 > 0 } }
            #expect(tried.allSatisfy { $0["attempts"][0]["problem"].string?.isEmpty == false })
        }
        for hook in bad { try hook.put(#"{"url":"\#(Hooks.receiver.url(Hooks.path("ok")))"}"#) }
        for hook in bad {
            _ = try hook.waitForDeliveries { $0.count == 8 && $0.allSatisfy { $0["state"] == "delivered" } }
        }
    }

    @Test func `a server with a hanging receiver stops at once`() throws {
        let folder = try TemporaryFolder()
        let arguments = ["--webhooks-allow", "127.0.0.1", "--webhooks-timeout", "12"]
        let server = try Server(in: folder, arguments: arguments)
        let tenant = try Hooks.tenant(on: server)
        let path = Hooks.path("hang")
        let hook = try Hook(tenant, Hooks.receiver.url(path))
        try tenant.record(SampleLog(id: "send-1"))
        _ = try Hooks.receiver.waitForRequests(path, 1)
        #expect(try server.stop() == .code(0))
        // If it had waited for the timeout, the attempt would be recorded. The next server delivers nothing.
        let again = try Server(in: folder, arguments: arguments + ["--webhooks-workers", "0"])
        let restarted = Hook(existing: hook.id, of: tenant.on(again))
        let attempts = try restarted.deliveries().flatMap { $0["attempts"].elements }
        #expect(!attempts.contains { $0["problem"].string?.contains("no response within") == true }, "\(attempts)")
        #expect(try restarted.get()["behind"] == 1)
        #expect(try again.stop() == .code(0))
    }
}
