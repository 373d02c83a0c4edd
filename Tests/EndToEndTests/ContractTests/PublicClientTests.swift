import Foundation
import TestSupport
import Testing

/// The requests of the public clients of the original API, read as those clients read the responses.
@Suite(.blocking) struct PublicClientTests {
    private func tenantWithSends() throws -> Tenant {
        let tenant = try Shared.server.tenant(permissions: "sendLog", "campaign")
        try tenant.record([
            SampleLog(id: "a", campaign: "spring", start: "2022-01-15T12:00:00.000Z", destinations: ["1", "2"]),
            SampleLog(id: "b", campaign: "spring", start: "2022-03-01T00:00:00.000Z", destinations: ["1"]),
            SampleLog(id: "c", campaign: "summer", start: "2022-06-01T00:00:00.000Z", destinations: []),
        ])
        return tenant
    }

    /// The reports of the first client: it leaves out what is empty, and reads `data` without looking at `ok`.
    private struct Reporter {
        let tenant: Tenant

        struct Report: Equatable {
            let total: Int
            let ids: [String]
        }

        func report(
            campaigns: [String] = [],
            from: String? = nil,
            to: String? = nil,
            skip: Int? = nil,
            limit: Int? = nil
        ) throws -> Report {
            typealias Object = [String: Any]
            var (range, find, options, body) = (Object(), Object(), Object(), Object())
            range["$gte"] = from
            range["$lte"] = to
            if !campaigns.isEmpty { find["campaign_id"] = campaigns }
            if !range.isEmpty { find["startDeliveryAt"] = range }
            options["skip"] = skip
            options["limit"] = limit
            if !find.isEmpty { body["find"] = find }
            if !options.isEmpty { body["options"] = options }
            let bytes = Array(try JSONSerialization.data(withJSONObject: body))
            let response = try tenant.request("POST", "/send-logs/search", headers: Self.headers, body: bytes)
            guard (200..<300).contains(response.status) else { throw TestFailure("status \(response.status)") }
            let data = try response.json()["data"]
            return Report(
                total: data["total"].integer ?? -1,
                ids: data["send_logs"].elements.compactMap(\.["_id"].string)
            )
        }

        func campaigns() throws -> [String] {
            // Array.isArray(data) ? data : []
            let response = try tenant.request("GET", "/campaigns", headers: Self.headers)
            guard (200..<300).contains(response.status) else { throw TestFailure("status \(response.status)") }
            return try response.json()["data"].elements.compactMap(\.["_id"].string)
        }

        private static let headers = [("Content-Type", "application/json"), ("Accept", "application/json")]
    }

    @Test func `a client that leaves out what is empty reads totals and send logs`() throws {
        let reporter = Reporter(tenant: try tenantWithSends())
        #expect(try reporter.report() == .init(total: 3, ids: ["c", "b", "a"]))
        #expect(try reporter.report(campaigns: ["spring"]) == .init(total: 2, ids: ["b", "a"]))
        #expect(try reporter.report(from: "2022-03-01T00:00:00.000Z") == .init(total: 2, ids: ["c", "b"]))
        #expect(try reporter.report(to: "2022-03-01") == .init(total: 2, ids: ["b", "a"]))
        #expect(try reporter.report(from: "2022-07-01") == .init(total: 0, ids: []))
        #expect(try reporter.report(skip: 1, limit: 1) == .init(total: 3, ids: ["b"]))
        #expect(try reporter.report(limit: 0) == .init(total: 3, ids: []))
        #expect(try reporter.campaigns() == ["summer", "spring"])
    }

    /// The requests of the second client: `find` is always sent, and a response without `ok` is a failure.
    private struct Caller {
        let tenant: Tenant

        enum Outcome: Equatable {
            case data(JSON)
            case failure(String)
            /// Retry at a time, in Unix seconds.
            case wait(until: Int)
        }

        func call(_ method: String, _ path: String, _ body: String? = nil) throws -> Outcome {
            // The content type is sent with GET too, which has no body.
            let headers = [("Content-Type", "application/json")]
            let response = try tenant.request(method, path, headers: headers, body: body.map { Array($0.utf8) })
            let json = try response.json()
            if response.status == 429 {
                let now = Int(Date.now.timeIntervalSince1970)
                let after = response["retry-after"].flatMap { Int($0) }.map { now + $0 }
                let reset = json["error"]["resetsAt"].integer
                return .wait(until: try #require(after ?? reset, "429 says no time"))
            }
            // Also a response with status 200 may say that it failed.
            guard (200..<300).contains(response.status), json["ok"] == .bool(true) else {
                guard let message = json["error"].string ?? json["error"]["message"].string else {
                    throw TestFailure("a failure without a message: \(response.text.prefix(300))")
                }
                return .failure(message)
            }
            return .data(json["data"])
        }
    }

    @Test func `a client that always sends find reads data or a message`() throws {
        let tenant = try tenantWithSends()
        let caller = Caller(tenant: tenant)
        guard case .data(let all) = try caller.call("POST", "/send-logs/search", #"{"find":{}}"#),
            case .data(let one) = try caller.call("POST", "/send-logs/search", #"{"find":{"campaign_id":["summer"]}}"#),
            case .data(let listed) = try caller.call("GET", "/send-logs/a?group_destinations=list"),
            case .data(.array(let campaigns)) = try caller.call("GET", "/campaigns"),
            case .data(let campaign) = try caller.call("GET", "/campaigns/spring")
        else { throw TestFailure("a request failed") }
        #expect(all["total"] == 3 && all["send_logs"].elements.map(\.["destinations"]) == [0, 1, 2])
        #expect(one["total"] == 1 && one["send_logs"][0]["_id"] == "c")
        #expect(listed["destinations"] == ["1", "2"])
        #expect(campaigns.map(\.["_id"]) == ["summer", "spring"])
        #expect(campaigns[1] == campaign)
        let fields = ["_id", "destinations", "firstSendAt", "lastSendAt", "name", "sends"]
        #expect(campaigns.allSatisfy { $0.names == fields })
        #expect(try caller.call("GET", "/balance") == .data(0))
        #expect(try caller.call("GET", "/tags") == .data([]))
        for (method, path, body) in [
            ("POST", "/send-logs/search", #"{"find":{"campain_id":["a"]}}"#), ("GET", "/send-logs/none", nil),
            ("GET", "/campaigns/none", nil), ("GET", "/nowhere", nil),
        ] {
            guard case .failure(let message) = try caller.call(method, path, body) else {
                throw TestFailure("\(path) did not fail")
            }
            #expect(!message.isEmpty)
        }
        let stranger = Caller(tenant: Tenant(server: tenant.server, name: tenant.name, key: "slk_none"))
        let refused = "a valid API key is required: send it as \"Authorization: Bearer <key>\""
        #expect(try stranger.call("GET", "/balance") == .failure(refused))
    }

    @Test func `an organisation without sends has an empty array of campaigns`() throws {
        let tenant = try Shared.server.tenant(permissions: "sendLog", "campaign")
        #expect(try Caller(tenant: tenant).call("GET", "/campaigns") == .data([]))
        #expect(try Reporter(tenant: tenant).campaigns() == [])
        #expect(try Reporter(tenant: tenant).report() == .init(total: 0, ids: []))
    }

    @Test func `a client that is refused for a while waits as long as the response says`() throws {
        let server = try Server(arguments: ["--rate-limit-requests", "3", "--rate-limit-window", "2"])
        let caller = Caller(tenant: try server.tenant())
        var outcome = Caller.Outcome.data(.null)
        for _ in 0..<20 where outcome == .data(.null) || outcome == .data(0) {
            outcome = try caller.call("GET", "/balance")
        }
        guard case .wait(let time) = outcome else { throw TestFailure("not refused: \(outcome)") }
        let wait = Double(time) - Date.now.timeIntervalSince1970
        #expect(wait < 4)
        #expect(try Deadline.poll(for: max(wait, 0) + 1) { try caller.call("GET", "/balance") == .data(0) })
        #expect(try server.stop() == .code(0))
    }
}
