import Foundation
import TestSupport
import Testing

/// The servers and the receiver that the webhook tests share; each test uses its own paths and organisations.
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

    /// A server that may send webhooks to 127.0.0.1, with a retry window of 60 seconds.
    static var server: Server { get throws { try running.get() } }

    /// The same with a webhook timeout of 3 seconds.
    static var shortTimeoutServer: Server { get throws { try shortTimeout.get() } }

    /// The shared receiver.
    static var receiver: Receiver { get throws { try listening.get() } }

    /// Creates an organisation, with a key that has all permissions that the webhook tests need.
    static func tenant(on server: Server? = nil) throws -> Tenant {
        try (server ?? self.server).tenant(permissions: "sendLog", "campaign", "webhook")
    }

    /// A path at the receiver, unique for each call.
    static func path(_ mode: String) -> String { "/\(mode)/\(UUID().uuidString)" }
}

/// A webhook of an organisation.
struct Hook {
    let tenant: Tenant
    let id: String
    /// The secret that signs the requests.
    let secret: String

    /// Creates a webhook.
    ///
    /// - Parameters:
    ///   - tenant: the organisation
    ///   - url: the receiver's URL
    ///   - body: the body template; `nil` for none
    ///   - more: further fields as JSON, each after a comma
    /// - Throws: the response, if it is not 201.
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
            throw TestFailure("the webhook has no id or no secret: \(data)")
        }
        (self.tenant, self.id, self.secret) = (tenant, id, secret)
    }

    /// Refers to an existing webhook, for example on another server.
    init(existing id: String, of tenant: Tenant) {
        (self.tenant, self.id, secret) = (tenant, id, "")
    }

    /// The webhook as the API returns it.
    func get() throws -> JSON { try tenant.get("/webhooks/\(id)").data() }

    /// Updates the webhook.
    ///
    /// - Returns: the webhook after the update.
    @discardableResult func put(_ fields: String) throws -> JSON {
        try tenant.request("PUT", "/webhooks/\(id)", body: Array(fields.utf8)).data()
    }

    /// Its deliveries, the newest first.
    func deliveries(_ query: String = "") throws -> [JSON] {
        try tenant.get("/webhooks/\(id)/deliveries\(query)").data()["deliveries"].elements
    }

    /// Makes a test delivery.
    ///
    /// - Returns: the delivery.
    func test(_ body: String = "{}") throws -> JSON {
        try tenant.post("/webhooks/\(id)/test", body).data()
    }

    /// Waits until the deliveries meet a condition.
    ///
    /// - Returns: the deliveries.
    /// - Throws: `TestFailure` after three minutes.
    func waitForDeliveries(_ query: String = "", until condition: ([JSON]) -> Bool) throws -> [JSON] {
        let deadline = Deadline(after: 180)
        var found: [JSON] = []
        repeat {
            found = try deliveries(query)
            if condition(found) { return found }
            usleep(50_000)
        } while !deadline.isOver
        throw TestFailure("the deliveries did not meet the condition: \("\(found)".prefix(1500))")
    }

    /// Waits until the webhook itself meets a condition.
    ///
    /// - Throws: `TestFailure` after three minutes.
    @discardableResult func awaitState(until condition: (JSON) -> Bool) throws -> JSON {
        let deadline = Deadline(after: 180)
        var found: JSON = .null
        repeat {
            found = try get()
            if condition(found) { return found }
            usleep(50_000)
        } while !deadline.isOver
        throw TestFailure("the webhook did not meet the condition: \(found)")
    }
}

extension [ReceivedRequest] {
    /// The ids in bodies of the form `{"id": …}`.
    func ids() throws -> [String] { try map { try $0.json()["id"].string ?? "" } }
}
