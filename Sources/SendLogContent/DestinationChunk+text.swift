public import SendLogCore

extension DestinationChunk {
    /// Compresses a piece of the inside of a list's JSON array.
    ///
    /// - Parameters:
    ///   - text: the piece
    ///   - count: how many destinations it holds
    public init(text: [UInt8], count: Int) {
        self.init(count: count, length: text.count, crc: Deflate.crc(text), body: Deflate.compress(text))
    }

    /// The piece of the inside of the list's JSON array that the chunk holds; from the second chunk on it begins with a comma.
    ///
    /// - Returns: `nil` where the chunk is damaged in a way that shows without computing its checksum.
    public func text() -> [UInt8]? {
        guard Deflate.isLength(length) else { return nil }
        var isWhole = false
        let text = [UInt8](unsafeUninitializedCapacity: length) { text, count in
            let room = UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(text)[..<length])
            isWhole = body.withUnsafeBytes { Deflate.expand($0, into: room) }
            count = isWhole ? length : 0
        }
        return isWhole ? text : nil
    }

    /// The text, where it has its checksum.
    ///
    /// - Returns: `nil` where the chunk is damaged in whatever way.
    public func soundText() -> [UInt8]? {
        text().flatMap { Deflate.crc($0) == crc ? $0 : nil }
    }
}

extension LentChunk {
    /// Whether its text may be that long; what a database says of lengths must not be believed.
    public var isLengthSound: Bool { Deflate.isLength(length) }

    /// Whether it may be sent as it is stored, within a longer stream, as far as its length and its ends show.
    public var isJoinable: Bool { isLengthSound && Deflate.isJoinable(body) }

    /// Writes the text where there is room for just it.
    ///
    /// - Parameter text: ``length`` bytes
    /// - Returns: whether the chunk is not damaged in a way that shows without computing its checksum; else what was written means nothing.
    public func expand(into text: UnsafeMutableRawBufferPointer) -> Bool {
        text.count == length && Deflate.expand(body, into: text)
    }
}
