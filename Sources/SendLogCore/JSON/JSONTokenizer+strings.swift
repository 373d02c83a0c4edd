/// Reads strings and their escapes, each of which may span several pieces.
extension JSONTokenizer {
    /// Reads a string up to its end, an escape, or the end of the piece, and returns the offset after what it read.
    mutating func readString(
        _ bytes: UnsafeBufferPointer<UInt8>,
        from start: Int,
        to handler: inout some JSONHandler
    ) throws(JSONSyntaxError) -> Int {
        var offset = start
        while offset < bytes.count {
            if utf8.isAtBoundary {
                offset = PlainBytes.end(in: bytes, from: offset)
                if offset == bytes.count { break }
            }
            let byte = bytes[offset]
            if byte == UInt8(ascii: "\""), utf8.isAtBoundary {
                endString(UnsafeBufferPointer(rebasing: bytes[start..<offset]), to: &handler)
                return offset + 1
            }
            isSimple = false
            if byte == UInt8(ascii: "\\"), utf8.isAtBoundary {
                keep(UnsafeBufferPointer(rebasing: bytes[start..<offset]))
                state = .escape
                return offset + 1
            }
            guard byte >= 0x20 else {
                let name = String(byte, radix: 16, uppercase: true)
                throw error("control character 0x\(name) in a string; it must be escaped", at: offset)
            }
            guard utf8.accept(byte) else { throw error("invalid UTF-8 in a string", at: offset) }
            offset += 1
        }
        keep(UnsafeBufferPointer(rebasing: bytes[start..<offset]))
        return offset
    }

    private mutating func endString(_ rest: UnsafeBufferPointer<UInt8>, to handler: inout some JSONHandler) {
        if scratch.isEmpty, !isTruncated, rest.count <= limit {
            emit(rest, to: &handler)
        } else {
            keep(rest)
            var kept: [UInt8] = []
            swap(&kept, &scratch)
            kept.withUnsafeBufferPointer { emit($0, to: &handler) }
            swap(&kept, &scratch)
        }
        if readsKey { state = .colon } else { afterValue() }
    }

    private func emit(_ bytes: UnsafeBufferPointer<UInt8>, to handler: inout some JSONHandler) {
        let text = JSONText(utf8: bytes, isSimple: isSimple, isTruncated: isTruncated)
        if readsKey { handler.key(text) } else { handler.string(text) }
    }

    private mutating func keep(_ bytes: UnsafeBufferPointer<UInt8>) {
        // Nothing may follow the truncation; otherwise the kept bytes would not be the beginning of the string.
        if isTruncated { return }
        scratch.append(contentsOf: bytes.prefix(limit - scratch.count + 1))
        guard scratch.count > limit else { return }
        isTruncated = true
        // Truncates at a character boundary; the character may have begun in an earlier piece.
        var count = limit
        while count > 0, scratch[count] & 0xc0 == 0x80 { count -= 1 }
        scratch.removeSubrange(count...)
    }

    /// Reads one byte of an escape sequence.
    mutating func readEscape(_ byte: UInt8, at offset: Int) throws(JSONSyntaxError) {
        switch state {
        case .escape:
            if byte == UInt8(ascii: "u") {
                (hexLeft, hexValue) = (4, 0)
                state = .unicodeEscape
                return
            }
            guard let scalar = Self.shortEscapes[byte] else { throw error("unknown escape in a string", at: offset) }
            append(scalar)
            state = .string
        case .unicodeEscape:
            guard let digit = byte.hexDigitValue else {
                throw error("\\u must be followed by four hex digits", at: offset)
            }
            hexValue = hexValue << 4 | UInt32(digit)
            hexLeft -= 1
            if hexLeft == 0 { try endUnicodeEscape(at: offset) }
        case .lowSurrogateBackslash:
            guard byte == UInt8(ascii: "\\") else { throw error("lone surrogate in a string", at: offset) }
            state = .lowSurrogateU
        default:
            guard byte == UInt8(ascii: "u") else { throw error("lone surrogate in a string", at: offset) }
            (hexLeft, hexValue) = (4, 0)
            state = .unicodeEscape
        }
    }

    private mutating func endUnicodeEscape(at offset: Int) throws(JSONSyntaxError) {
        let value = hexValue
        if highSurrogate != 0 {
            guard (0xdc00...0xdfff).contains(value) else { throw error("lone surrogate in a string", at: offset) }
            append(Unicode.Scalar(0x10000 + (highSurrogate - 0xd800) << 10 + (value - 0xdc00)) ?? "\u{fffd}")
            highSurrogate = 0
        } else if (0xd800...0xdbff).contains(value) {
            highSurrogate = value
            state = .lowSurrogateBackslash
            return
        } else if let scalar = Unicode.Scalar(value) {
            append(scalar)
        } else {
            throw error("lone surrogate in a string", at: offset)
        }
        state = .string
    }

    private mutating func append(_ scalar: Unicode.Scalar) {
        Array(String(scalar).utf8).withUnsafeBufferPointer { keep($0) }
    }

    private static let shortEscapes: [UInt8: Unicode.Scalar] = [
        UInt8(ascii: "\""): "\"", UInt8(ascii: "\\"): "\\", UInt8(ascii: "/"): "/", UInt8(ascii: "b"): "\u{8}",
        UInt8(ascii: "f"): "\u{c}", UInt8(ascii: "n"): "\n", UInt8(ascii: "r"): "\r", UInt8(ascii: "t"): "\t",
    ]
}
