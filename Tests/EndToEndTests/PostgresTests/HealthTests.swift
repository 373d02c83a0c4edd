import PostgresHarness
import TestSupport
import Testing

extension UnderLoad {
    /// What a load balancer learns while the database is down.
    @Suite struct HealthTests {
        @Test func `health answers 503 within a second while the database is down or does not respond`() throws {
            let postgres = try PostgresServer.shared()
            let proxy = try CuttableProxy(target: postgres.port)
            let server = try Server(database: postgres.url(postgres.createDatabase(), port: proxy.port))
            let connection = try server.connect()
            #expect(try connection.request("GET", "/health").status == 200)
            // Requests that wait for the database do not delay it.
            let tenant = try server.tenant()
            proxy.freeze()
            let waiting = (0..<20).map { _ in Background { try tenant.get("/send-logs/none").status } }
            try expectFailures(connection)
            proxy.refuse()
            proxy.thaw()
            proxy.cutAll()
            try expectFailures(connection)
            for request in waiting { #expect(try [404, 503].contains(request.value())) }
            try proxy.accept()
            #expect(try Deadline.poll(for: 20) { try connection.request("GET", "/health").status == 200 })
        }

        private func expectFailures(_ connection: HTTPConnection) throws {
            for _ in 0..<4 {
                let begin = ContinuousClock.now
                #expect(try connection.request("GET", "/health").status == 503)
                let duration = ContinuousClock.now - begin
                #expect(duration < .seconds(1.2), "\(duration)")
            }
        }
    }
}
