import Foundation
import TestSupport
import Testing

/// The server survives any value in a damaged row, and `database check` reports the damage.
@Suite struct CorruptRowsTests {
    /// Columns of numbers; the check must report an extreme number in each of them.
    private static let columns = [
        ("send_logs", "destinations"), ("send_logs", "start"), ("send_logs", "campaign"),
        ("destination_chunks", "count"),
        ("destination_chunks", "length"), ("destination_chunks", "crc"), ("destination_chunks", "number"),
        ("organisations", "sequence"), ("organisations", "destinations"), ("organisation_days", "sends"),
        ("organisation_days", "destinations"), ("organisation_days", "day"), ("organisation_days", "block"),
        ("campaign_days", "sends"), ("campaign_days", "destinations"), ("campaign_days", "day"),
        ("campaign_days", "block"),
    ]

    /// Sends requests to the API and the console that together read all columns.
    ///
    /// - Returns: the requests with their statuses, 0 if the server ended the connection before the response's end.
    private static func sendAll(
        _ tenant: Tenant,
        _ console: ConsoleClient
    ) throws -> [(request: String, status: Int)] {
        let ranges = [
            "{}", #"{"options":{"limit":0}}"#, #"{"options":{"skip":1,"limit":2}}"#,
            #"{"find":{"campaign_id":["spring"]}}"#,
            #"{"find":{"startDeliveryAt":{"$gte":"2022-01-01T10:00:00Z","$lte":"2022-06-01T11:00:00Z"}}}"#,
            #"{"find":{"campaign_id":["spring","autumn"],"startDeliveryAt":{"$gte":"2021-01-01"}},"options":{"sort":{"startDeliveryAt":1},"as_of":2}}"#,
        ]
        var statuses: [(String, Int)] = []
        func send(_ name: String, _ request: () throws -> HTTPResponse) throws {
            do {
                statuses.append((name, try request().status))
            } catch let failure as ConnectionFailure where failure.isEnd {
                statuses.append((name, 0))
            }
        }
        for body in ranges {
            try send(body) { try tenant.post("/send-logs/search", body) }
            try send("list \(body)") { try tenant.post("/send-logs/search?group_destinations=list", body) }
        }
        for target in [
            "/send-logs/send-0", "/send-logs/send-0?group_destinations=list", "/campaigns",
            "/campaigns?sort=destinations", "/campaigns/spring", "/webhooks", "/health",
        ] {
            try send(target) { try tenant.get(target) }
        }
        try send("create") { try tenant.post("/send-logs", SampleLog(id: "send-0", destinations: ["1", "2"]).json) }
        for target in [
            "/console/sends", "/console/campaigns", "/console/sends/send-0",
            "/console/sends?from=2022-01-01&to=2022-12-31",
        ] {
            try send(target) { try console.get(target) }
        }
        return statuses
    }

    @Test(arguments: columns.indices, ["-9223372036854775808", "9223372036854775807", "-1", "4611686018427387904"])
    func `an extreme number in a row does not end the server`(index: Int, value: String) throws {
        let (table, column) = Self.columns[index]
        let folder = try TemporaryFolder()
        let server = try Server(in: folder, database: "sqlite:\(folder.file("test.sqlite"))")
        let tenant = try server.tenant(permissions: "*")
        let console = try ConsoleClient(tenant)
        for number in 0..<4 {
            let log = SampleLog(
                id: "send-\(number)",
                campaign: number % 2 == 0 ? "spring" : "autumn",
                destinations: (0..<300).map { "2782\(1_000_000 + $0)" }
            )
            try tenant.record(log)
        }
        let statement =
            "UPDATE OR IGNORE \(table) SET \(column) = \(value) WHERE rowid = (SELECT min(rowid) FROM \(table))"
        let keyed = table.hasSuffix("_days") || table == "destination_chunks"
        try server.executeSQL(keyed ? "UPDATE OR IGNORE \(table) SET \(column) = \(value)" : statement)
        let statuses = try Self.sendAll(tenant, console)
        let context = "\(table).\(column) = \(value)"
        try #require(server.process.exit() == nil, "\(context): \(server.log.suffix(3000))")
        let allowed = [200, 201, 400, 404, 409, 500]
        for (request, status) in statuses where !allowed.contains(status) {
            // The server aborts a list if it finds the damage after it has sent the beginning.
            let isList = table == "destination_chunks" && request.contains("list")
            #expect(status == 0 && isList, "\(context): \(request) got \(status)")
        }
        #expect(try tenant.get("/health").status == 200)
        let check = try server.command("database", "check")
        #expect(check.exit == .code(1) || check.exit == .code(2), "\(context): \(check)")
        #expect(check.output != "ok\n" && !(check.output + check.errors).isEmpty, "\(context): \(check)")
        #expect(try server.stop() == .code(0))
    }
}
