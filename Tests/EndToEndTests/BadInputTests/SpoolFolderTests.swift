import Foundation
import TestSupport
import Testing

/// The folder for long lists, when it fails.
@Suite(.blocking) struct SpoolFolderTests {
    @Test func `a long list is refused while the spool folder is gone, and nothing else is`() throws {
        let folder = try TemporaryFolder()
        let spool = folder.file("spool")
        try FileManager.default.createDirectory(atPath: spool, withIntermediateDirectories: false)
        let tenant = try Server(arguments: ["--spool-folder", spool]).tenant()
        try FileManager.default.removeItem(atPath: spool)
        let long = LargeBodies.log("long", destinations: LargeBodies.destinations(500_000))
        let refused = try tenant.request("POST", "/send-logs", body: long)
        #expect(refused.status == 503, "\(refused.text)")
        #expect(try refused.json()["error"]["message"].string?.contains("spool folder") == true, "\(refused.text)")
        #expect(try tenant.get("/send-logs/long").status == 404)
        try tenant.record(SampleLog(id: "short"))
        try FileManager.default.createDirectory(atPath: spool, withIntermediateDirectories: false)
        #expect(try tenant.request("POST", "/send-logs", body: long).status == 201)
    }
}
