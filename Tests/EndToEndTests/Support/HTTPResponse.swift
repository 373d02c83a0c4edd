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

    /// Returns the `data` of the body.
    ///
    /// - Throws: the response, if it has another status or no `data`.
    func data(_ expected: Int = 200) throws -> JSON {
        guard status == expected, text.hasPrefix("{\"ok\":true,\"data\":") else {
            throw TestFailure("status \(status): \(text.prefix(500))")
        }
        return try json()["data"]
    }
}
