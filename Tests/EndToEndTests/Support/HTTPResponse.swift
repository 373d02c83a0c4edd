import Foundation
import TestSupport

/// A response of the server.
struct HTTPResponse {
    let status: Int
    /// The headers in the order sent, with their names in lower case.
    let headers: [Header]
    var body: [UInt8] = []

    /// The value of a header, by its name in lower case.
    subscript(name: String) -> String? {
        headers.first { $0.name == name }?.value
    }

    /// The body as text.
    var text: String { String(decoding: body, as: UTF8.self) }

    /// The text of the body without the request ID, which differs from response to response.
    var textWithoutID: String { text.replacing("\"requestId\":\"\(self["x-request-id"] ?? "")\"", with: "") }

    /// The body as JSON.
    ///
    /// - Throws: if the body is not JSON.
    func json() throws -> JSON {
        do {
            return try JSON(parsing: body)
        } catch {
            throw TestFailure("status \(status), and the body is not JSON: \(text.prefix(500))")
        }
    }

    /// The text of `data` in the envelope of a success; `nil` unless the body is such an envelope with the request ID of
    /// the header.
    var dataText: String? { dataBytes.map { String(decoding: $0, as: UTF8.self) } }

    /// The bytes of ``dataText``.
    var dataBytes: [UInt8]? {
        let begin = Array("{\"ok\":true,\"data\":".utf8)
        let end = Array(",\"requestId\":\"\(self["x-request-id"] ?? "")\"}".utf8)
        guard body.count >= begin.count + end.count, body.starts(with: begin), body.suffix(end.count) == end[...] else {
            return nil
        }
        return Array(body[begin.count..<body.count - end.count])
    }

    /// Returns the `data` of the body.
    ///
    /// - Throws: the response, if it has another status, or not the envelope of a success with its request ID.
    func data(_ expected: Int = 200) throws -> JSON {
        guard status == expected, let dataBytes else { throw TestFailure("status \(status): \(text.prefix(500))") }
        return try JSON(parsing: dataBytes)
    }
}
