import Foundation
import TestSupport

/// An answer of the server.
struct HTTPResponse {
    let status: Int
    /// In the order sent, names in lower case.
    let headers: [Header]
    var body: [UInt8] = []

    /// A header's value.
    subscript(name: String) -> String? {
        headers.first { $0.name == name }?.value
    }

    /// The body as text.
    var text: String { String(decoding: body, as: UTF8.self) }

    /// The body as JSON.
    ///
    /// - Throws: where it is none.
    func json() throws -> JSON {
        do {
            return try JSON(parsing: body)
        } catch {
            throw TestFailure("status \(status), and no JSON: \(text.prefix(500))")
        }
    }

    /// The `data` of an answer that must be of one status.
    ///
    /// - Throws: the answer, where it is another one.
    func data(_ wanted: Int = 200) throws -> JSON {
        guard status == wanted, text.hasPrefix("{\"ok\":true,\"data\":") else {
            throw TestFailure("status \(status): \(text.prefix(500))")
        }
        return try json()["data"]
    }
}
