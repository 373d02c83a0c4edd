import NIOCore
import NIOHTTP1
import SendLogCore
import SendLogHTTP
import SendLogHash

/// The `Idempotency-Key` of a request, and the digest of the request while its body is read.
struct IdempotencyDigest {
    let key: IdempotencyKey
    /// SHA-256 of method, path and body.
    private var hash = SHA256()

    /// The path of the header in ``InputIssue/path``.
    private static let path = "headers.Idempotency-Key"

    /// Reads the header of a request; `nil` if the request has no such header.
    ///
    /// - Throws: ``InvalidInput`` that names the header, if it is invalid or is given twice.
    init?(_ input: RouteInput) throws(InvalidInput) {
        let values = input.request.fields("idempotency-key")
        guard let value = values.first else { return nil }
        guard values.count == 1 else { throw InvalidInput(path: Self.path, "must be given only once") }
        guard let key = IdempotencyKey(value) else { throw InvalidInput(path: Self.path, IdempotencyKey.rule) }
        self.key = key
        hash.add(Array("\(input.request.method.rawValue) \(input.request.path)\n".utf8))
    }

    /// Adds the next piece of the body to the digest.
    mutating func add(_ piece: ByteBuffer) { piece.withUnsafeReadableBytes { hash.add($0) } }

    /// The digest of method, path, and the body so far.
    var value: [UInt8] { hash.value }

    /// Refuses the header on a route that does not support it.
    ///
    /// - Throws: ``InvalidInput`` that says what to do instead.
    static func refuse(in input: RouteInput, _ advice: String) throws(InvalidInput) {
        guard !input.request.fields("idempotency-key").isEmpty else { return }
        throw InvalidInput(path: path, "is not supported here; \(advice)")
    }
}
