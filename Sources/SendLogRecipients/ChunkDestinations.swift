import SendLogContent
package import SendLogCore

/// Reads the destinations of a chunk one by one.
package struct ChunkDestinations {
    private var text: [UInt8] = []

    /// Creates a reader.
    package init() {}

    /// Passes the code of each destination of a chunk.
    ///
    /// - Throws: ``StoreError/corrupted(detail:)`` if the chunk cannot be read; the errors of `body`.
    package mutating func forEach(
        of chunk: BorrowedChunk,
        _ body: (RecipientCode) throws(StoreError) -> Void
    ) throws(StoreError) {
        try forEachText(of: chunk) { text throws(StoreError) in try body(RecipientCode(utf8: text)) }
    }

    /// Passes each destination of a chunk in UTF-8, not escaped; it is valid only during the call.
    ///
    /// - Throws: ``StoreError/corrupted(detail:)`` if the chunk cannot be read; the errors of `body`.
    package mutating func forEachText(
        of chunk: BorrowedChunk,
        _ body: (UnsafeBufferPointer<UInt8>) throws(StoreError) -> Void
    ) throws(StoreError) {
        guard chunk.isLengthValid else { throw Self.damaged }
        if text.count < chunk.length { text = Array(repeating: 0, count: chunk.length) }
        let result: Result<Void, StoreError> = text.withUnsafeMutableBytes { text in
            let text = UnsafeMutableRawBufferPointer(rebasing: text[..<chunk.length])
            return Result { () throws(StoreError) in
                guard chunk.decompress(into: text) else { throw Self.damaged }
                let bytes = UnsafeRawBufferPointer(text).bindMemory(to: UInt8.self)
                try Self.forEach(in: bytes, body)
            }
        }
        try result.get()
    }

    static let damaged = StoreError.corrupted(detail: "a chunk of a list cannot be read")

    /// Passes each string in the content of a JSON array.
    private static func forEach(
        in text: UnsafeBufferPointer<UInt8>,
        _ body: (UnsafeBufferPointer<UInt8>) throws(StoreError) -> Void
    ) throws(StoreError) {
        var plain: [UInt8] = []
        var failure: StoreError?
        let isValid = DestinationListJSON.forEach(in: text) { destination in
            do throws(StoreError) {
                if destination.contains(UInt8(ascii: "\\")) {
                    plain.removeAll(keepingCapacity: true)
                    plain.appendUnescaped(destination)
                    try plain.withUnsafeBufferPointer(body)
                } else {
                    try body(destination)
                }
            } catch { failure = error }
            return failure == nil
        }
        if let failure { throw failure }
        if !isValid { throw damaged }
    }
}
