import NIOCore
import SendLogContent
import SendLogCore
import SendLogHTTP

/// A constant response body, plain and in gzip; it is compressed once.
package struct PrecompressedBody: Sendable {
    let plain: ByteBuffer
    let gzip: ByteBuffer

    /// Compresses a body.
    package init(_ body: [UInt8]) {
        (plain, gzip) = (ByteBuffer(bytes: body), ByteBuffer(bytes: GzipMemberWriter.compressed(body)))
    }
}
