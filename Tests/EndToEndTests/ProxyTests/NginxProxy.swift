import Foundation
import PostgresHarness
import TestSupport

/// An nginx with TLS in front of a server, with a configuration of `docs/operation.md`.
///
/// Its files are in a temporary folder, and it ends when this object is released.
final class NginxProxy: Sendable {
    /// An example of the documentation.
    enum Example: String, CaseIterable, Sendable {
        /// The server is at the root of a host.
        case root
        /// The server is below a base path, which nginx passes on.
        case keepingBasePath
        /// The server is below a base path, which nginx removes.
        case removingBasePath

        /// The path under which nginx publishes the server.
        var basePath: String { self == .root ? "" : "/sendlog" }

        /// Returns the configuration from the documentation, for a server on a port.
        ///
        /// - Throws: if the documentation has other examples than expected.
        func configuration(port: UInt16) throws -> String {
            let text = try String(contentsOf: TestPaths.package.appending(path: "docs/operation.md"), encoding: .utf8)
            let blocks = text.components(separatedBy: "```nginx\n").dropFirst().map {
                $0.components(separatedBy: "```")[0]
            }
            let block = self == .root ? blocks.first : blocks.last
            let (kept, removed) = ("proxy_pass http://127.0.0.1:8080;", "proxy_pass http://127.0.0.1:8080/;")
            guard blocks.count == 2, let block, block.contains(kept), text.contains("`\(removed)`") else {
                throw TestFailure("docs/operation.md does not have the two examples, and the variant of the second")
            }
            let form = self == .removingBasePath ? removed : kept
            return block.replacing(kept, with: form.replacing(":8080", with: ":\(port)"))
        }
    }

    /// The address at which it publishes the server, without a slash at its end.
    let address: String
    private let folder: TemporaryFolder
    private let process: ChildProcess

    /// The certificate, which it signed itself.
    var certificate: String { folder.file("certificate.pem") }

    /// Starts nginx, and waits until it accepts connections.
    ///
    /// - Throws: if nginx is not installed or does not start.
    init(_ example: Example, before server: Server) throws {
        let folder = try TemporaryFolder()
        let port = try FreePort.any()
        let options =
            "-x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost -batch"
            + " -addext subjectAltName=DNS:localhost,IP:127.0.0.1 -keyout key.pem -out certificate.pem"
        let words = ["-C", folder.path, "openssl", "req"] + options.split(separator: " ").map(String.init)
        _ = try Command("/usr/bin/env", words).succeeded()
        let program = try Self.program()
        let features = try Command(program, ["-V"]).succeeded().errors
        // Debian's folders for temporary files belong to root, and not every nginx has all of these modules.
        let modules = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].filter {
            !features.contains("--without-http_\($0)_module")
        }
        try folder.write(
            "nginx.conf",
            """
            daemon off;
            master_process off;
            pid nginx.pid;
            error_log stderr;
            events { worker_connections 256; }
            http {
                access_log off;
                \(modules.map { "\($0)_temp_path \($0);" }.joined(separator: "\n    "))
                server {
                    listen 127.0.0.1:\(port) ssl;
                    ssl_certificate certificate.pem;
                    ssl_certificate_key key.pem;
                    \(try example.configuration(port: server.port))
                }
            }
            """
        )
        process = try ChildProcess(program, ["-p", "\(folder.path)/", "-c", folder.file("nginx.conf")])
        address = "https://127.0.0.1:\(port)\(example.basePath)"
        self.folder = folder
        let process = process
        let isReady = Deadline.poll(for: 60) {
            (try? HTTPConnection(port: port)) != nil || process.exit() != nil
        }
        guard isReady, process.exit() == nil else { throw TestFailure("nginx did not start: \(process.errors)") }
    }

    private static func program() throws -> String {
        // Debian's folder for it is in the PATH of root only.
        let candidates = Spawn.path.split(separator: ":").map { "\($0)/nginx" } + ["/usr/sbin/nginx"]
        guard let program = candidates.first(where: FileManager.default.isExecutableFile) else {
            throw TestFailure("there is no nginx in \(Spawn.path): the Debian package nginx-light is missing")
        }
        return program
    }
}
