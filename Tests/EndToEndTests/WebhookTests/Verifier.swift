import Foundation
import TestSupport

/// Verifies signatures with `standardwebhooks` from PyPI, an independent implementation.
///
/// The first test that needs it installs it into a virtual environment under `.build`.
enum Verifier {
    private static let python = Result {
        let folder = TestPaths.package.appending(path: ".build/webhook-verifier").path
        let script = """
            set -e
            "$1/bin/python" -c 'import standardwebhooks' 2>/dev/null && exit 0
            rm -rf "$1"
            python3 -m venv "$1"
            "$1/bin/python" -m pip install --quiet --disable-pip-version-check standardwebhooks==1.1.0
            """
        // One run at a time. It inherits the environment, as pip reads the user's settings.
        let command = try Command(
            "flock",
            ["\(folder).lock", "sh", "-c", script, "sh", folder],
            environment: ProcessInfo.processInfo.environment,
            atMost: 300
        )
        guard command.exit == .code(0) else {
            throw TestFailure("cannot install standardwebhooks from PyPI, which needs python3-venv: \(command)")
        }
        return "\(folder)/bin/python"
    }

    /// Verifies requests.
    ///
    /// - Parameter cases: requests, each with the secret of its receiver
    /// - Returns: for each case `good`, or the reason why it is invalid.
    /// - Throws: `TestFailure` if the package cannot be installed.
    static func verify(_ cases: [(secret: String, request: ReceivedRequest)]) throws -> [String] {
        let folder = try TemporaryFolder()
        let encoder = JSONEncoder()
        let lines = try cases.map { secret, request in
            let headers = (request.headers ?? []).reduce(into: [String: String]()) { $0[$1[0]] = $1[1] }
            let text = try String(decoding: encoder.encode(headers), as: UTF8.self)
            let body = (request.body ?? Data()).base64EncodedString()
            return #"{"secret":"\#(secret)","headers":\#(text),"body":"\#(body)"}"# + "\n"
        }
        let input = try folder.write("cases", lines.joined())
        let script = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "verify.py").path
        let results = try Command(try python.get(), [script], input: input).succeeded().lines
        guard results.count == cases.count else {
            throw TestFailure("\(results.count) of \(cases.count) requests were verified")
        }
        return results
    }
}
