import TestSupport
import Testing

extension UnderLoad {
    /// The server's memory does not grow with the number of campaigns.
    @Suite struct CampaignMemoryTests {
        @Test(.timeLimit(.minutes(10)))
        func `clients that stop reading a long list of campaigns take little memory, and get the rest later`() throws {
            let server = try Server()
            let tenant = try server.tenant(permissions: "sendLog.create", "campaign.read")
            let count = 60_000
            let lines = (100_000..<100_000 + count).map { number in
                SampleLog(id: "send-\(number)", campaign: "campaign-\(number)", destinations: []).json
            }
            let body = Array(lines.joined(separator: "\n").utf8)
            let imported = try tenant.request("POST", "/send-logs/import", body: body).data()
            #expect(imported["recorded"] == JSON.number(Double(count)))
            // The first response allocates memory that the next ones reuse.
            #expect(try tenant.get("/campaigns")["x-sendlog-total"] == String(count))
            let before = try ServerMemory.settled(of: server).anonymous
            let readers = try (0..<10).map { _ in
                let connection = try server.connect(receiveBuffer: 4096)
                try connection.send(head: "GET", "/campaigns?sort=name", headers: tenant.headers)
                #expect(try connection.responseHead()["x-sendlog-total"] == String(count))
                return connection
            }
            // Ten times the list would be 100 MB.
            let growth = try ServerMemory.settled(of: server).anonymous - before
            #expect(growth < 40, "ten clients that stopped reading take \(growth) MB")
            var listed: [UInt8] = []
            while let chunk = try readers[0].chunk() { listed += chunk }
            let ids = try JSON(parsing: listed)["data"].elements.compactMap(\.["_id"].string)
            #expect(ids == (100_000..<100_000 + count).map { "campaign-\($0)" })
            #expect(try server.stop() == .code(0))
        }
    }
}
