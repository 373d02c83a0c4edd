/// Walks over the destinations in a piece of the inside of a list's JSON array, as chunks hold it.
public enum ListText {
    /// Hands over each destination, still escaped as JSON has it, without its quotes.
    ///
    /// - Parameters:
    ///   - text: the piece, as this package writes it; it may begin with a comma
    ///   - body: takes a destination, and says whether more are wanted
    /// - Returns: whether the text was sound as far as it was wanted.
    public static func forEach(
        in text: UnsafeBufferPointer<UInt8>,
        _ body: (UnsafeBufferPointer<UInt8>) -> Bool
    ) -> Bool {
        var place = 0
        while place < text.count {
            if text[place] == UInt8(ascii: ",") { place += 1 }
            guard place < text.count, text[place] == UInt8(ascii: "\"") else { return false }
            let begin = place + 1
            guard let end = endOfString(in: text, from: begin) else { return false }
            if !body(UnsafeBufferPointer(rebasing: text[begin..<end])) { return true }
            place = end + 1
        }
        return true
    }

    /// Where the quote stands that ends a JSON string whose inside begins at a place.
    static func endOfString(in text: UnsafeBufferPointer<UInt8>, from begin: Int) -> Int? {
        var end = PlainBytes.endOfUnescaped(in: text, from: begin)
        // What is escaped is two bytes or more, of which the second may be a quote.
        while end < text.count, text[end] == UInt8(ascii: "\\") {
            end = PlainBytes.endOfUnescaped(in: text, from: min(end + 2, text.count))
        }
        return end < text.count && text[end] == UInt8(ascii: "\"") ? end : nil
    }
}
