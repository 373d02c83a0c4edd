import TestSupport
import Testing

/// An organisation on a server, with a key.
struct Tenant {
    let server: Server
    let name: String
    let key: String

    /// The same organisation and key on another server with the same data.
    func on(_ server: Server) -> Tenant { Tenant(server: server, name: name, key: key) }

    /// The headers that a request needs.
    var headers: [Header] { [("Authorization", "Bearer \(key)")] }

    /// Sends a request over a connection of its own, and holds its answer to what every answer must have.
    ///
    /// - Parameters:
    ///   - method: the method
    ///   - target: path and query as they go over the wire
    ///   - authorisation: the whole header; the key of this organisation where it is not given, none where it is empty
    ///   - headers: further headers
    ///   - body: the body
    ///   - chunked: see ``HTTPConnection/request(_:_:headers:body:chunked:)``
    /// - Returns: the answer.
    /// - Throws: where there is none.
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
        let answer = try server.connect().request(method, target, headers: all, body: body, chunked: chunked)
        #expect(answer["x-request-id"]?.isEmpty == false, "\(method) \(target.prefix(100)) is answered without an id")
        return answer
    }

    /// Sends a `POST`.
    ///
    /// - Returns: the answer.
    func post(_ target: String, _ body: String) throws -> HTTPResponse {
        try request("POST", target, body: Array(body.utf8))
    }

    /// Sends a `GET`.
    ///
    /// - Returns: the answer.
    func get(_ target: String) throws -> HTTPResponse {
        try request("GET", target)
    }

    /// Searches.
    ///
    /// - Returns: the answer's `data`.
    func search(_ body: String, list: Bool = false) throws -> JSON {
        try post("/send-logs/search\(list ? "?group_destinations=list" : "")", body).data()
    }

    /// Records a log that must be new.
    func record(_ log: SampleLog) throws {
        _ = try post("/send-logs", log.json).data(201)
    }

    /// Imports logs that must be new, of which the answer must say so.
    func record(_ logs: [SampleLog]) throws {
        let answer = try post("/send-logs/import", logs.map { $0.json + "\n" }.joined()).data()
        guard answer["recorded"] == JSON.number(Double(logs.count)) else {
            throw TestFailure("not all were recorded: \(answer)")
        }
    }

    /// How many logs the organisation has.
    func total() throws -> Int {
        guard let total = try search(#"{"options":{"limit":0}}"#)["total"].integer else {
            throw TestFailure("no total")
        }
        return total
    }

    /// Holds the server to refusing the key from so many seconds after a moment on.
    ///
    /// However slow the machine is: what counts is when a request was sent that was still served.
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

    /// The ids that a search answers, in its order.
    func ids(_ body: String) throws -> [String] {
        try search(body)["send_logs"].elements.compactMap(\.["_id"].string)
    }
}
