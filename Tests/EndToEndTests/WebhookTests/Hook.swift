import Foundation
import TestSupport
import Testing

/// The servers and the receiver that webhooks' tests share, each of which brings paths and organisations of its own.
enum Hooks {
    private static let running = Result {
        try Server(arguments: ["--webhooks-allow", "127.0.0.1/32", "--webhooks-retry-seconds", "60"])
    }
    private static let shortTimeout = Result {
        try Server(
            arguments: [
                "--webhooks-allow", "127.0.0.1/32", "--webhooks-retry-seconds", "60", "--webhooks-timeout", "3",
            ]
        )
    }
    private static let listening = Result { try Receiver() }

    /// A server whose webhooks may go to 127.0.0.1, and that tries again within a minute.
    static var server: Server { get throws { try running.get() } }

    /// One that waits for an answer for three seconds only.
    static var shortTimeoutServer: Server { get throws { try shortTimeout.get() } }

    /// A receiver.
    static var receiver: Receiver { get throws { try listening.get() } }

    /// An organisation that may do all that tests want.
    static func tenant(on server: Server? = nil) throws -> Tenant {
        try (server ?? self.server).tenant(permissions: "sendLog", "campaign", "webhook")
    }

    /// A path at the receiver that no other test has.
    static func path(_ mode: String) -> String { "/\(mode)/\(UUID().uuidString)" }
}

/// A webhook of an organisation.
struct Hook {
    let tenant: Tenant
    let id: String
    /// What requests are signed with.
    let secret: String

    /// Makes a webhook.
    ///
    /// - Parameters:
    ///   - tenant: whose it is
    ///   - url: where it goes
    ///   - body: the body's template; none where it is `nil`
    ///   - more: further fields as JSON, each with a comma before it
    /// - Throws: the answer, where it is refused.
    init(
        _ tenant: Tenant,
        _ url: String,
        body: String? = #"{"id": "{{send._id}}"}"#,
        more: String = ""
    ) throws {
        let body = body.map { JSON.text($0) } ?? "null"
        let fields = #"{"url":\#(JSON.text(url)),"body":\#(body)\#(more)}"#
        let data = try tenant.post("/webhooks", fields).data(201)
        guard let id = data["_id"].string, let secret = data["secret"].string else {
            throw TestFailure("a webhook without id or secret: \(data)")
        }
        (self.tenant, self.id, self.secret) = (tenant, id, secret)
    }

    /// Takes one that is there already, as another server sees it.
    init(existing id: String, of tenant: Tenant) {
        (self.tenant, self.id, secret) = (tenant, id, "")
    }

    /// What the API says of it.
    func get() throws -> JSON { try tenant.get("/webhooks/\(id)").data() }

    /// Changes it.
    ///
    /// - Returns: what the API says of it then.
    @discardableResult func put(_ fields: String) throws -> JSON {
        try tenant.request("PUT", "/webhooks/\(id)", body: Array(fields.utf8)).data()
    }

    /// Its deliveries, the newest first.
    func deliveries(_ query: String = "") throws -> [JSON] {
        try tenant.get("/webhooks/\(id)/deliveries\(query)").data()["deliveries"].elements
    }

    /// Tries it.
    ///
    /// - Returns: the delivery.
    func test(_ body: String = "{}") throws -> JSON {
        try tenant.post("/webhooks/\(id)/test", body).data()
    }

    /// Waits until the deliveries are as wanted.
    ///
    /// - Returns: them.
    /// - Throws: where they do not become so within three minutes.
    func waitForDeliveries(_ query: String = "", until condition: ([JSON]) -> Bool) throws -> [JSON] {
        let deadline = Deadline(after: 180)
        var found: [JSON] = []
        repeat {
            found = try deliveries(query)
            if condition(found) { return found }
            usleep(50_000)
        } while !deadline.isOver
        throw TestFailure("the deliveries did not become what was wanted: \("\(found)".prefix(1500))")
    }

    /// Waits until the webhook itself is as wanted.
    ///
    /// - Throws: where it does not become so within three minutes.
    @discardableResult func awaitState(until condition: (JSON) -> Bool) throws -> JSON {
        let deadline = Deadline(after: 180)
        var found: JSON = .null
        repeat {
            found = try get()
            if condition(found) { return found }
            usleep(50_000)
        } while !deadline.isOver
        throw TestFailure("the webhook did not become what was wanted: \(found)")
    }
}

extension [ReceivedRequest] {
    /// The sends that bodies of the form `{"id": …}` tell.
    func ids() throws -> [String] { try map { try $0.json()["id"].string ?? "" } }
}
