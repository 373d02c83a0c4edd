import Foundation
import TestSupport
import Testing

/// A client that `openapi-python-client` generates from the server's OpenAPI document.
@Suite struct GeneratedClientTests {
    @Test func `a generated client can use every operation`() throws {
        let folder = try TemporaryFolder()
        let tenant = try Hooks.tenant()
        let document = try tenant.request("GET", "/openapi.json", authorisation: "")
        try folder.write(document.body, to: "openapi.json")
        // Without it, the generator formats the client with ruff.
        let config = try folder.write("config.json", #"{"post_hooks": []}"#)
        let package = folder.file("sendlog_client")
        let arguments = ["--path", folder.file("openapi.json"), "--output-path", package, "--meta", "none"]
        let options = arguments + ["--config", config, "--fail-on-warning"]
        let generator = try Python.run(["-m", "openapi_python_client", "generate"] + options).succeeded()
        // Any other line is a warning about a part of the document that it leaves out.
        #expect(generator.lines == ["Generating \(package)"])
        #expect(generator.errors.isEmpty)
        let models = try FileManager.default.contentsOfDirectory(atPath: "\(package)/models")
        #expect(models.contains("send_log.py"))
        // A schema without a name of its own gets one like `search_request_find_type_0.py`.
        #expect(models.filter { $0.contains(/_type_[0-9]|_item|_response_[0-9]/) }.isEmpty)

        let script = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "generated_client.py").path
        let receiver = try Hooks.receiver.url(Hooks.path("ok"))
        let client = try Python.run(
            [script, "http://127.0.0.1:\(tenant.server.port)", tenant.key, folder.file("openapi.json"), receiver],
            environment: ["PYTHONPATH": folder.path, "PYTHONDONTWRITEBYTECODE": "1"]
        ).succeeded()
        #expect(client.output.contains(/^[0-9]+ operations used\n$/))
    }
}
