/// Iteration over the destinations in a chunk's text, which is a part of a JSON array's content.
public enum DestinationListJSON {
    /// Passes each destination, JSON-escaped and without quotes, to a closure that returns whether to continue.
    ///
    /// - Returns: `false` if the text is malformed; only the part that was read is checked.
    public static func forEach(
        in text: UnsafeBufferPointer<UInt8>,
        _ body: (UnsafeBufferPointer<UInt8>) -> Bool
    ) -> Bool {
        var offset = 0
        while offset < text.count {
            if text[offset] == UInt8(ascii: ",") { offset += 1 }
            guard offset < text.count, text[offset] == UInt8(ascii: "\"") else { return false }
            let begin = offset + 1
            guard let end = endOfString(in: text, from: begin) else { return false }
            if !body(UnsafeBufferPointer(rebasing: text[begin..<end])) { return true }
            offset = end + 1
        }
        return true
    }

    /// Returns the offset of the closing quote of a JSON string whose content begins at `begin`.
    static func endOfString(in text: UnsafeBufferPointer<UInt8>, from begin: Int) -> Int? {
        var end = PlainBytes.endOfUnescaped(in: text, from: begin)
        // An escape sequence has two bytes or more; the second one may be a quote.
        while end < text.count, text[end] == UInt8(ascii: "\\") {
            end = PlainBytes.endOfUnescaped(in: text, from: min(end + 2, text.count))
        }
        return end < text.count && text[end] == UInt8(ascii: "\"") ? end : nil
    }
}
