import SendLogContent
import SendLogCore

/// Text that is complete before it is sent: a short one in memory, a long one in a file.
///
/// A list that is read from one snapshot must not keep the snapshot open while a client reads slowly.
struct ResponseSpool: Sendable {
    private let folder: String
    private var buffer: [UInt8] = []
    private var file: SpoolFile?

    /// The number of bytes in memory at which they are moved to the file.
    private static let maxBytesInMemory = 64 * 1024

    /// Creates an empty spool, whose file is in a folder.
    init(folder: String) { self.folder = folder }

    /// Whether nothing was appended.
    var isEmpty: Bool { buffer.isEmpty && file == nil }

    /// The whole text, if it is in memory; `nil` for a long one.
    var text: [UInt8]? { file == nil ? buffer : nil }

    /// Appends text.
    ///
    /// - Throws: ``StoreError/unavailable(_:detail:)`` if the file cannot be written.
    mutating func append(_ body: (inout [UInt8]) -> Void) throws(StoreError) {
        body(&buffer)
        if buffer.count < Self.maxBytesInMemory { return }
        if file == nil { file = try SpoolFile(folder: folder) }
        try file?.append(buffer)
        buffer.removeAll(keepingCapacity: true)
    }

    /// Sends the whole text.
    func send(to stream: inout ResponseStream) async throws {
        if let file {
            let end = file.length
            for offset in stride(from: 0, to: end, by: Self.maxBytesInMemory) {
                try await stream.write(try file.read(min(Self.maxBytesInMemory, end - offset), at: offset))
            }
        }
        try await stream.write(buffer)
    }
}
