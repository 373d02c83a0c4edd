import Foundation
import TestSupport

/// A webhook receiver with a configurable response, which records its requests.
final class StubReceiver: Sendable {
    let port: UInt16
    private let folder: TemporaryFolder
    private let process: ChildProcess

    private static let script = """
        import http.server, json, sys

        FOLDER = sys.argv[1]

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                with open(f"{FOLDER}/requests", "a") as requests:
                    requests.write(json.dumps({"target": self.path, "body": body.decode()}) + "\\n")
                response = open(f"{FOLDER}/response", "rb").read()
                self.send_response(int(open(f"{FOLDER}/status").read()))
                self.send_header("Content-Length", str(len(response)))
                self.end_headers()
                self.wfile.write(response)

            do_GET = do_POST

            def log_message(self, *arguments):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        print(server.server_port, flush=True)
        server.serve_forever()
        """

    /// Starts the receiver, and waits until it listens.
    init() throws {
        folder = try TemporaryFolder()
        process = try ChildProcess("python3", ["-c", Self.script, folder.path])
        let process = process
        let isReady = Deadline.poll(for: 60) { process.output.contains("\n") || process.exit() != nil }
        guard isReady, let port = UInt16(process.output.trimmingCharacters(in: .newlines)) else {
            throw TestFailure("the receiver did not start: \(process.output) \(process.errors)")
        }
        self.port = port
        try respond(200, "thanks")
    }

    /// Sets the response to all further requests.
    func respond(_ status: Int, _ text: String) throws {
        try folder.write("response", text)
        try folder.write("status", "\(status)")
    }

    var url: String { "http://127.0.0.1:\(port)/hook" }

    /// The requests so far in order of arrival, each with its path, query and body.
    func requests() throws -> [(target: String, body: String)] {
        guard let text = try? String(contentsOfFile: folder.file("requests"), encoding: .utf8) else { return [] }
        return try text.split(separator: "\n").map { line in
            let entry = try JSON(parsing: line.utf8)
            return (entry["target"].plainText, entry["body"].plainText)
        }
    }
}
