import TestSupport
import Testing

/// An organisation on a server, with a key.
struct Tenant {
    let server: Server
    let name: String
    let key: String

    /// Returns the same organisation and key on another server with the same data.
    func on(_ server: Server) -> Tenant { Tenant(server: server, name: name, key: key) }

    /// The headers that authenticate a request.
    var headers: [Header] { [("Authorization", "Bearer \(key)")] }

    /// Sends a request over a new connection, and expects a request ID in the response.
    ///
    /// - Parameters:
    ///   - method: the method
    ///   - target: path and query, sent as given
    ///   - authorisation: the value of `Authorization`; this organisation's key if `nil`, no such header if empty
    ///   - headers: further headers
    ///   - body: the body
    ///   - chunked: see ``HTTPConnection/request(_:_:headers:body:chunked:)``
    /// - Returns: the response.
    /// - Throws: if there is no response.
    func request(
        _ method: String,
        _ target: String,
        authorisation: String? = nil,
        headers: [Header] = [],
        body: [UInt8]? = nil,
        chunked: [Int]? = nil
    ) throws -> HTTPResponse {
        let authorisation = authorisation ?? "Bearer \(key)"
        let all = (authorisation.isEmpty ? [] : [("Authorization", authorisation)]) + headers
        let response = try server.connect().request(method, target, headers: all, body: body, chunked: chunked)
        #expect(response["x-request-id"]?.isEmpty == false, "\(method) \(target.prefix(100)): no x-request-id")
        return response
    }

    /// Sends a `POST` and returns the response.
    func post(_ target: String, _ body: String) throws -> HTTPResponse {
        try request("POST", target, body: Array(body.utf8))
    }

    /// Sends a `GET` and returns the response.
    func get(_ target: String) throws -> HTTPResponse {
        try request("GET", target)
    }

    /// Searches and returns the response's `data`.
    func search(_ body: String, list: Bool = false) throws -> JSON {
        try post("/send-logs/search\(list ? "?group_destinations=list" : "")", body).data()
    }

    /// Records a log that must be new.
    func record(_ log: SampleLog) throws {
        _ = try post("/send-logs", log.json).data(201)
    }

    /// Imports logs that must be new, and checks the count in the response.
    func record(_ logs: [SampleLog]) throws {
        let result = try post("/send-logs/import", logs.map { $0.json + "\n" }.joined()).data()
        guard result["recorded"] == JSON.number(Double(logs.count)) else {
            throw TestFailure("not all logs were recorded: \(result)")
        }
    }

    /// Returns the number of logs that the organisation has.
    func total() throws -> Int {
        guard let total = try search(#"{"options":{"limit":0}}"#)["total"].integer else {
            throw TestFailure("the response has no total")
        }
        return total
    }

    /// Expects that the server refuses the key at most the given seconds after a moment.
    ///
    /// The last request that is served must be sent within that time, so a slow machine does not fail the test.
    func expectRefusal(
        within seconds: Double,
        of moment: ContinuousClock.Instant,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        var lastServed = moment
        let isRefused = try Deadline.poll(for: 60) {
            let sent = ContinuousClock.now
            guard try get("/send-logs/none").status != 401 else { return true }
            lastServed = sent
            return false
        }
        #expect(isRefused && lastServed - moment <= .seconds(seconds), sourceLocation: sourceLocation)
    }

    /// Returns the IDs that a search finds, in the order of the response.
    func ids(_ body: String) throws -> [String] {
        try search(body)["send_logs"].elements.compactMap(\.["_id"].string)
    }
}
