import TestSupport

/// Compression with the gzip program.
enum Gzip {
    /// Returns a gzip file with the bytes.
    static func compressed(_ bytes: [UInt8]) throws -> [UInt8] {
        let folder = try TemporaryFolder()
        try folder.write(bytes, to: "body")
        _ = try Command.tool("gzip", folder.file("body")).succeeded()
        return try folder.bytes("body.gz")
    }

    static func compressed(_ text: String) throws -> [UInt8] { try compressed(Array(text.utf8)) }
}
