public import SendLogCore

/// Compresses the text of chunks for recording, and decompresses it for copies and checks.
extension DestinationChunk {
    /// Compresses a part of the content of a list's JSON array.
    ///
    /// - Parameters:
    ///   - text: the part, without the array's brackets
    ///   - count: the number of destinations in it
    public init(text: [UInt8], count: Int) {
        self.init(count: count, length: text.count, crc: Deflate.crc(text), body: Deflate.compress(text))
    }

    /// Decompresses the chunk's part of the content of the list's JSON array.
    ///
    /// From the second chunk on, the text begins with a comma.
    ///
    /// - Returns: the text; `nil` if the body does not decompress to ``length`` bytes. The checksum is not verified.
    public func text() -> [UInt8]? {
        guard Deflate.isLength(length) else { return nil }
        var isWhole = false
        let text = [UInt8](unsafeUninitializedCapacity: length) { text, count in
            let room = UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(text)[..<length])
            isWhole = body.withUnsafeBytes { Deflate.decompress($0, into: room) }
            count = isWhole ? length : 0
        }
        return isWhole ? text : nil
    }

    /// Decompresses the text and verifies its checksum.
    ///
    /// - Returns: the text; `nil` if the chunk is corrupted.
    public func verifiedText() -> [UInt8]? { text().flatMap { Deflate.crc($0) == crc ? $0 : nil } }
}

extension BorrowedChunk {
    /// Whether the length of the text is valid; it comes from the database and may be corrupted.
    public var isLengthValid: Bool { Deflate.isLength(length) }

    /// Whether the body can be part of a longer stream as it is, judging by its length and its first and last bytes.
    public var isJoinable: Bool { isLengthValid && Deflate.isJoinable(body) }

    /// Decompresses the text into a buffer of exactly its length.
    ///
    /// - Parameter text: the output buffer, ``length`` bytes
    /// - Returns: false if the body does not decompress to that length; then the content of the buffer is undefined.
    ///   The checksum is not verified.
    public func decompress(into text: UnsafeMutableRawBufferPointer) -> Bool {
        text.count == length && Deflate.decompress(body, into: text)
    }
}
