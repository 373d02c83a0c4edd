import SendLogCore

/// A spool of chunks in a file.
final class ChunkSpool: DestinationSpool {
    private let file: SpoolFile

    /// Creates an empty spool.
    ///
    /// - Throws: ``StoreError/unavailable(_:detail:)`` if no file can be created in the folder.
    init(folder: String) throws(StoreError) { file = try SpoolFile(folder: folder) }

    func append(_ chunk: DestinationChunk) throws(StoreError) {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(16 + chunk.body.count)
        for number in [UInt32(chunk.count), UInt32(chunk.length), chunk.crc, UInt32(chunk.body.count)] {
            withUnsafeBytes(of: number) { bytes.append(contentsOf: $0) }
        }
        bytes.append(contentsOf: chunk.body)
        try file.append(bytes)
    }

    func forEachChunk(_ body: (DestinationChunk) throws -> Void) throws {
        let end = file.length
        var offset = 0
        while offset < end {
            let head = try file.read(16, at: offset).withUnsafeBytes { bytes in
                (0..<4).map { bytes.loadUnaligned(fromByteOffset: $0 * 4, as: UInt32.self) }
            }
            let chunk = DestinationChunk(
                count: Int(head[0]),
                length: Int(head[1]),
                crc: head[2],
                body: try file.read(Int(head[3]), at: offset + 16)
            )
            offset += 16 + chunk.body.count
            try body(chunk)
        }
    }
}
