import SendLogCore
import SendLogHTTP

/// The entity tag of a send log in one format of its destinations
/// (<https://www.rfc-editor.org/rfc/rfc9110#section-8.8.3>).
///
/// The tag is weak: the request ID is different in each response.
struct EntityTag {
    /// The tag without its quotes.
    private let opaque: String

    /// Creates a tag from a log's digest, which is different for any other content.
    init(digest: [UInt8], _ format: DestinationFormat) {
        opaque = "\(Array(digest.prefix(16)).hex)-\(format.rawValue)"
    }

    /// The header fields of a response with this tag, which only the client may cache, and must revalidate.
    ///
    /// A send log never changes, but it may be deleted, and a key may be revoked.
    var fields: [ResponseHead.Field] { [("ETag", "W/\"\(opaque)\""), ("Cache-Control", "private, no-cache")] }

    /// Returns whether a request has the tag in `If-None-Match`, by weak comparison
    /// (<https://www.rfc-editor.org/rfc/rfc9110#section-13.1.2>).
    func isKnown(to request: HTTPRequest) -> Bool {
        request.fields("if-none-match").contains { list in
            if list == "*" { return true }
            // Between quotes anything but a quote may appear, also a comma.
            let parts = list.utf8.split(separator: UInt8(ascii: "\""), omittingEmptySubsequences: false)
            return parts.indices.dropLast().contains { $0 % 2 == 1 && parts[$0].elementsEqual(opaque.utf8) }
        }
    }
}
