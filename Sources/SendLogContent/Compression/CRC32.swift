import CZlib

/// The CRC-32 of gzip and zlib (<https://www.rfc-editor.org/rfc/rfc1952#section-8>).
package enum CRC32 {
    /// Returns the checksum of bytes, or of all bytes so far given the checksum of those before.
    package static func of(_ bytes: UnsafeRawBufferPointer, after checksum: UInt32 = 0) -> UInt32 {
        let bytes = bytes.assumingMemoryBound(to: UInt8.self)
        return UInt32(truncatingIfNeeded: crc32_z(UInt(checksum), bytes.baseAddress, bytes.count))
    }
}
