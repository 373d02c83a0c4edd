import SendLogHTTP

/// The content coding of a request's body (<https://www.rfc-editor.org/rfc/rfc9110#section-8.4>).
enum BodyCoding: Equatable {
    case identity
    case gzip
    case unsupported

    /// Reads the coding from a request's headers.
    init(of request: HTTPRequest) {
        let lines = request.fields("content-encoding")
        let codings = lines.flatMap { $0.lowercased().split { ", \t".contains($0) } }
        self =
            switch codings.filter({ $0 != "identity" }) {
            case []: .identity
            case ["gzip"], ["x-gzip"]: .gzip
            default: .unsupported
            }
    }
}

extension RouteInput {
    /// The length of the body in bytes as its handler reads it, if it is known: if the client declares the length, and
    /// does not compress the body.
    var plainBodyLength: Int? {
        guard let length = request.contentLength, BodyCoding(of: request) == .identity else { return nil }
        return length
    }

    /// Refuses a body in a coding that is not supported.
    ///
    /// - Throws: ``APIError/unsupportedMediaType``
    func checkBodyCoding() throws(APIError) {
        guard BodyCoding(of: request) == .unsupported else { return }
        let hasBody = request.contentLength.map { $0 > 0 } ?? (request.field("transfer-encoding") != nil)
        if hasBody { throw .unsupportedMediaType }
    }
}
