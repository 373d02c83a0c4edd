import Foundation
import TestSupport

/// Verifies signatures with `standardwebhooks` from PyPI, an independent implementation.
enum Verifier {
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
        let results = try Python.run([script], input: input).succeeded().lines
        guard results.count == cases.count else {
            throw TestFailure("\(results.count) of \(cases.count) requests were verified")
        }
        return results
    }
}
