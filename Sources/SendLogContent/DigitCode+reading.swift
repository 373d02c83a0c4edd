extension DigitCode {
    /// Whether a chunk's body begins as such a block.
    static func isHead(of body: UnsafeBufferPointer<UInt8>) -> Bool {
        let (bytes, bits) = head
        let whole = bits / 8
        guard body.count > bytes.count else { return false }
        for place in 0..<whole where body[place] != bytes[place] { return false }
        return (body[whole] ^ bytes[whole]) & (1 << UInt8(bits % 8) - 1) == 0
    }

    /// Reads a block back.
    ///
    /// - Parameters:
    ///   - body: what begins with the head
    ///   - output: room for the text, which fills it
    /// - Returns: whether the body was such a text; if not, what is in the output means nothing.
    static func expand(_ body: UnsafeBufferPointer<UInt8>, into output: UnsafeMutableRawBufferPointer) -> Bool {
        var reader = Reader(body: body, place: head.bits)
        return reader.read(into: output)
    }

    /// What ten bits stand for that begin with a code: its symbol above its length.
    private static let symbols: [UInt16] = {
        var symbols = [UInt16](repeating: 0, count: 1024)
        for (symbol, code) in literals.enumerated() where code.length > 0 {
            for rest in 0..<(1024 >> code.length) {
                symbols[Int(code.bits) | rest << code.length] = UInt16(symbol) << 4 | UInt16(code.length)
            }
        }
        return symbols
    }()

    /// The two digits that a byte stands for, the first in the lower half; 0 where it is no two digits.
    private static let pairs: [UInt16] = (0..<256).map { byte in
        func digit(_ bits: Int) -> UInt16? {
            (UInt8(ascii: "0")...UInt8(ascii: "9")).first { literals[Int($0)].bits == UInt64(bits) }.map { UInt16($0) }
        }
        guard let first = digit(byte & 0xf), let second = digit(byte >> 4) else { return 0 }
        return first | second << 8
    }

    private struct Reader {
        let body: UnsafeBufferPointer<UInt8>
        /// In bits.
        var place: Int

        /// The bits from the place on, 57 at least; zeros behind the end.
        @inline(__always)
        private func peek() -> UInt64 {
            let byte = place >> 3
            if byte + 8 <= body.count, let start = body.baseAddress {
                let word = UnsafeRawPointer(start + byte).loadUnaligned(as: UInt64.self)
                return UInt64(littleEndian: word) >> UInt64(place & 7)
            }
            var word: UInt64 = 0
            for offset in 0..<8 where byte + offset < body.count { word |= UInt64(body[byte + offset]) << UInt64(8 * offset) }
            return word >> UInt64(place & 7)
        }

        mutating func read(into output: UnsafeMutableRawBufferPointer) -> Bool {
            guard let start = output.baseAddress else { return false }
            return symbols.withUnsafeBufferPointer { symbols in
                pairs.withUnsafeBufferPointer { pairs in
                    read(into: start, count: output.count, symbols, pairs)
                }
            }
        }

        private mutating func read(
            into start: UnsafeMutableRawPointer,
            count: Int,
            _ symbols: UnsafeBufferPointer<UInt16>,
            _ pairs: UnsafeBufferPointer<UInt16>
        ) -> Bool {
            var done = 0
            let zero = Int(literals[Int(UInt8(ascii: "0"))].bits) << 4
            while place < body.count * 8 {
                var bits = peek()
                let entry = symbols[Int(bits & 1023)]
                let (symbol, length) = (Int(entry >> 4), Int(entry & 0xf))
                bits >>= UInt64(length)
                place += length
                guard symbol > endOfBlock else {
                    if symbol == endOfBlock { return done == count }
                    guard done < count else { return false }
                    start.storeBytes(of: UInt8(symbol), toByteOffset: done, as: UInt8.self)
                    done += 1
                    continue
                }
                let (size, distance) = match(symbol, &bits)
                guard distance <= done, size <= count - done else { return false }
                let source = start + (done - distance)
                if size <= 8, count - done >= 8 {
                    copy(8, from: source, to: start + done)
                } else if size <= 16, size <= distance, count - done >= 16 {
                    copy(16, from: source, to: start + done)
                } else {
                    for offset in 0..<size {
                        let byte = source.load(fromByteOffset: offset, as: UInt8.self)
                        (start + done).storeBytes(of: byte, toByteOffset: offset, as: UInt8.self)
                    }
                }
                done += size
                // The number is most likely as long as the one before. Where it is not, the loop goes on digit by digit.
                let digits = distance - size
                guard digits > 0, digits <= 10, count - done >= 12 else { continue }
                var isSound: UInt16 = .max
                for pair in 0..<(digits / 2) {
                    let two = pairs[Int(truncatingIfNeeded: bits >> UInt64(8 * pair)) & 0xff]
                    (start + done).storeBytes(of: two.littleEndian, toByteOffset: 2 * pair, as: UInt16.self)
                    isSound = min(isSound, two)
                }
                if digits & 1 == 1 {
                    // The upper half may be of what comes next.
                    let one = pairs[Int(truncatingIfNeeded: bits >> UInt64(4 * digits - 4)) & 0xf | zero]
                    (start + done).storeBytes(of: UInt8(truncatingIfNeeded: one), toByteOffset: digits - 1, as: UInt8.self)
                    isSound = min(isSound, one)
                }
                if isSound == 0 { continue }
                done += digits
                place += 4 * digits
            }
            return false
        }

        /// The size and the distance of a match, and passes over them.
        @inline(__always)
        private mutating func match(_ symbol: Int, _ bits: inout UInt64) -> (size: Int, distance: Int) {
            let code = symbol - 257
            var (size, extra) = (3 + code, 0)
            if code >= 12 {
                (size, extra) = (19 + 4 * (code - 12), 2)
            } else if code >= 8 {
                (size, extra) = (11 + 2 * (code - 8), 1)
            }
            size += Int(bits & (1 << UInt64(extra) - 1))
            bits >>= UInt64(extra)
            let (distance, length): (Int, Int)
            if bits & 1 == 0 {
                (distance, length) = (13 + Int(bits >> 1 & 3), 3)
            } else if bits & 2 == 0 {
                (distance, length) = (9 + Int(bits >> 2 & 3), 4)
            } else {
                (distance, length) = (17 + Int(bits >> 2 & 7), 5)
            }
            bits >>= UInt64(length)
            place += extra + length
            return (size, distance)
        }

        @inline(__always)
        private func copy(_ count: Int, from source: UnsafeMutableRawPointer, to target: UnsafeMutableRawPointer) {
            if count == 16 {
                target.storeBytes(of: source.loadUnaligned(as: SIMD16<UInt8>.self), as: SIMD16<UInt8>.self)
            } else {
                target.storeBytes(of: source.loadUnaligned(as: UInt64.self), as: UInt64.self)
            }
        }
    }
}
