/// Recognises and decompresses blocks with the fixed code, for readers of chunks.
extension DigitHuffmanCode {
    /// Returns whether a chunk's body begins with ``header``.
    static func hasHeader(_ body: UnsafeBufferPointer<UInt8>) -> Bool {
        let (bytes, bits) = header
        let whole = bits / 8
        guard body.count > bytes.count else { return false }
        for position in 0..<whole where body[position] != bytes[position] { return false }
        return (body[whole] ^ bytes[whole]) & (1 << UInt8(bits % 8) - 1) == 0
    }

    /// Decompresses a block.
    ///
    /// - Parameters:
    ///   - body: a body that begins with ``header``
    ///   - output: the output buffer, exactly as long as the text
    /// - Returns: whether the body is such a block and fills the output; if not, the content of the output is
    ///   undefined.
    static func decompress(_ body: UnsafeBufferPointer<UInt8>, into output: UnsafeMutableRawBufferPointer) -> Bool {
        read(body, into: output) != nil
    }

    /// Decompresses a block; see ``decompress(_:into:)``.
    ///
    /// - Returns: how many symbols were read one by one, in place of runs of numbers and literals; `nil` if the body is not
    ///   such a block. It says whether the fast loops read what they can.
    static func read(_ body: UnsafeBufferPointer<UInt8>, into output: UnsafeMutableRawBufferPointer) -> Int? {
        guard let source = UnsafeRawPointer(body.baseAddress), let target = output.baseAddress, body.count >= 8 else {
            return nil
        }
        var reader = Reader(source: source, length: body.count, target: target, room: output.count)
        return reader.read() ? reader.symbolCount : nil
    }

    /// The symbol for each value of the next ten bits: the symbol in the upper bits, its code's length in the lower
    /// four.
    private static let symbols: [UInt16] = {
        var symbols = [UInt16](repeating: 0, count: 1024)
        for (symbol, code) in literals.enumerated() where code.length > 0 {
            for rest in 0..<(1024 >> code.length) {
                symbols[Int(code.bits) | rest << code.length] = UInt16(symbol) << 4 | UInt16(code.length)
            }
        }
        return symbols
    }()

    /// The match for each value of the next ten bits, if they begin with a whole match and the number has the length of
    /// the number before; otherwise 0.
    ///
    /// Each entry packs four bytes, lowest first: the length of the whole number in bits, the length of the match in
    /// bits, the size of the match in bytes, and its distance in bytes.
    private static let starts: [UInt32] = {
        var starts = [UInt32](repeating: 0, count: 1024)
        for distance in 9...16 {
            for size in max(3, distance - 10)..<distance {
                let (match, back) = (matches[size], distances[distance])
                let length = match.length + back.length
                guard length <= 10 else { continue }
                for rest in 0..<(1024 >> length) {
                    let bits = Int(match.bits | back.bits << UInt64(match.length)) | rest << length
                    let whole = length + 4 * (distance - size)
                    starts[bits] = UInt32(whole | length << 8 | size << 16 | distance << 24)
                }
            }
        }
        return starts
    }()

    /// The three digits for each value of twelve bits, the first digit in the lowest byte; a byte is 0 if its code is not a
    /// digit.
    private static let triples: [UInt32] = {
        let digits = (0..<16).map { bits in
            UInt32((UInt8(ascii: "0")...UInt8(ascii: "9")).first { literals[Int($0)].bits == UInt64(bits) } ?? 0)
        }
        return (0..<4096).map { digits[$0 & 0xf] | digits[$0 >> 4 & 0xf] << 8 | digits[$0 >> 8] << 16 }
    }()

    /// A mask of 16 bytes.
    private struct Mask {
        let low: UInt64
        let high: UInt64

        /// Creates a mask with the given bits in each of the first `count` bytes.
        init(first count: Int, of bits: UInt64) {
            func first(_ bytes: Int) -> UInt64 { bytes <= 0 ? 0 : .max >> UInt64(64 - 8 * min(bytes, 8)) }
            (low, high) = (first(count) & bits, first(count - 8) & bits)
        }
    }

    /// The masks of the first 0 to 16 bytes.
    private static let firsts = (0...16).map { Mask(first: $0, of: .max) }
    /// The masks of the bit 0x10 in the first 0 to 16 bytes; ASCII digits have it, and the 0 of ``triples`` has not.
    private static let digitBits = (0...16).map { Mask(first: $0, of: 0x1010_1010_1010_1010) }

    private struct Reader {
        let source: UnsafeRawPointer
        let length: Int
        let target: UnsafeMutableRawPointer
        let room: Int
        /// The position in the source, in bits.
        private var position = header.bits
        /// The number of bytes written to the target.
        private var done = 0
        /// The number of symbols that were read one by one.
        private(set) var symbolCount = 0

        init(source: UnsafeRawPointer, length: Int, target: UnsafeMutableRawPointer, room: Int) {
            (self.source, self.length, self.target, self.room) = (source, length, target, room)
        }

        mutating func read() -> Bool {
            symbols.withUnsafeBufferPointer { symbols in
                starts.withUnsafeBufferPointer { starts in
                    triples.withUnsafeBufferPointer { triples in
                        firsts.withUnsafeBufferPointer { firsts in
                            digitBits.withUnsafeBufferPointer { digitBits in
                                while position < length &* 8 {
                                    readLiterals(symbols)
                                    readNumbers(starts, triples, firsts, digitBits)
                                    symbolCount &+= 1
                                    switch readSymbol(symbols) {
                                    case .more: break
                                    case .end: return done == room && isEnd
                                    case .invalid: return false
                                    }
                                }
                                return false
                            }
                        }
                    }
                }
            }
        }

        /// Whether the rest of the source is the empty stored block that ends a body.
        private var isEnd: Bool {
            let header = position + 3
            let bytes = (header + 7) / 8
            guard bits(3) == 0, bytes + 4 == length else { return false }
            return (0..<4).allSatisfy { offset in
                source.load(fromByteOffset: bytes + offset, as: UInt8.self) == (offset < 2 ? 0 : 0xff)
            }
        }

        /// Reads numbers as long as each has the length of the number before it.
        ///
        /// A run of numbers shares the match that each begins with and the bytes that the match copies. Both are looked
        /// up once per run.
        @inline(__always)
        private mutating func readNumbers(
            _ starts: UnsafeBufferPointer<UInt32>,
            _ triples: UnsafeBufferPointer<UInt32>,
            _ firsts: UnsafeBufferPointer<Mask>,
            _ digitBits: UnsafeBufferPointer<Mask>
        ) {
            let lastWhole = (length &- 8) &* 8
            guard let triples = triples.baseAddress, lastWhole > 0, done >= 16 else { return }
            var (position, done) = (position, done)
            defer { (self.position, self.done) = (position, done) }
            while position <= lastWhole, done &+ 16 <= room {
                var bits = peek(position)
                let start = starts[Int(truncatingIfNeeded: bits & 1023)]
                if start == 0 { return }
                let whole = Int(truncatingIfNeeded: start & 0xff)
                let matchLength = UInt64(truncatingIfNeeded: start &>> 8 & 0xff)
                let size = Int(truncatingIfNeeded: start &>> 16 & 0xff)
                let distance = Int(truncatingIfNeeded: start &>> 24)
                let matchBits: UInt64 = 1 &<< matchLength &- 1
                let match = bits & matchBits
                let before = target + (done &- distance)
                let first = before.loadUnaligned(as: UInt64.self) & firsts[size].low
                let second = (before + 8).loadUnaligned(as: UInt64.self) & firsts[size].high
                let requested = digitBits[distance &- size]
                // The digits follow the shared bytes. The next number overwrites the surplus bytes.
                let shift = UInt64(truncatingIfNeeded: 8 &* size) & 63
                let isLow = size < 8
                let hasTen = distance &- size > 9
                repeat {
                    let digits = bits &>> matchLength
                    let third = UInt64(triples[Int(truncatingIfNeeded: digits &>> 24 & 0xfff)])
                    let low =
                        UInt64(triples[Int(truncatingIfNeeded: digits & 0xfff)])
                        | UInt64(triples[Int(truncatingIfNeeded: digits &>> 12 & 0xfff)]) &<< 24 | third &<< 48
                    var high = third &>> 16
                    if hasTen { high |= UInt64(triples[Int(truncatingIfNeeded: digits &>> 36 & 0xfff)]) &<< 8 }
                    if requested.low & ~low | requested.high & ~high != 0 { return }
                    let to = target + done
                    if isLow {
                        let over = low &>> (64 &- shift) | high &<< shift
                        to.storeBytes(of: first | low &<< shift, as: UInt64.self)
                        (to + 8).storeBytes(of: over, as: UInt64.self)
                    } else {
                        to.storeBytes(of: first, as: UInt64.self)
                        (to + 8).storeBytes(of: second | low &<< shift, as: UInt64.self)
                    }
                    done &+= distance
                    position &+= whole
                    if position > lastWhole || done &+ 16 > room { return }
                    bits = peek(position)
                } while bits & matchBits == match
            }
        }

        /// Returns the bits from a bit position on, at least 57 of them valid; needs eight readable bytes there.
        @inline(__always)
        private func peek(_ position: Int) -> UInt64 {
            let word = source.loadUnaligned(fromByteOffset: position &>> 3, as: UInt64.self)
            return UInt64(littleEndian: word) &>> UInt64(truncatingIfNeeded: position & 7)
        }

        /// Reads literals, several from one word, until a match or the end: the first numbers of a list are literals.
        @inline(__always)
        private mutating func readLiterals(_ symbols: UnsafeBufferPointer<UInt16>) {
            while position < length &* 8, done &+ 5 <= room {
                var word = peekToEnd(position)
                // A code has at most ten bits, so five are in a word.
                for _ in 0..<5 {
                    let symbol = symbols[Int(truncatingIfNeeded: word & 1023)]
                    let length = Int(truncatingIfNeeded: symbol & 0xf)
                    guard symbol < 256 &<< 4, length > 0 else { return }
                    target.storeBytes(of: UInt8(truncatingIfNeeded: symbol &>> 4), toByteOffset: done, as: UInt8.self)
                    word &>>= UInt64(length)
                    position &+= length
                    done &+= 1
                }
            }
        }

        /// Returns the bits from a bit position on, at least 57 of them, or all to the end of the source and zeros; needs a
        /// source of eight bytes.
        @inline(__always)
        private func peekToEnd(_ position: Int) -> UInt64 {
            let byte = min(position &>> 3, length &- 8)
            let shift = position &- byte &* 8
            if shift > 63 { return 0 }
            return UInt64(littleEndian: source.loadUnaligned(fromByteOffset: byte, as: UInt64.self)) &>> UInt64(shift)
        }

        private enum Step {
            case more
            case end
            case invalid
        }

        /// Reads the next symbol of any kind; slower than `readNumbers`.
        private mutating func readSymbol(_ symbols: UnsafeBufferPointer<UInt16>) -> Step {
            let entry = symbols[Int(bits(10))]
            let symbol = Int(entry >> 4)
            position += Int(entry & 0xf)
            if symbol < endOfBlock {
                guard done < room else { return .invalid }
                target.storeBytes(of: UInt8(symbol), toByteOffset: done, as: UInt8.self)
                done += 1
                return .more
            }
            if symbol == endOfBlock { return .end }
            let (_, base, extra) = lengthBases[symbol - 257]
            let size = base + Int(take(extra))
            let distance: Int
            if take(1) == 0 {
                distance = 13 + Int(take(2))
            } else {
                distance = take(1) == 0 ? 9 + Int(take(2)) : 17 + Int(take(3))
            }
            guard distance <= done, size <= room - done else { return .invalid }
            for _ in 0..<size {
                let byte = target.load(fromByteOffset: done - distance, as: UInt8.self)
                target.storeBytes(of: byte, toByteOffset: done, as: UInt8.self)
                done += 1
            }
            return .more
        }

        @inline(__always)
        private mutating func take(_ count: Int) -> UInt64 {
            defer { position += count }
            return bits(count)
        }

        /// Returns the next bits without consuming them; bits after the end of the source are zero.
        @inline(__always)
        private func bits(_ count: Int) -> UInt64 { peekToEnd(position) & (1 &<< UInt64(count) &- 1) }
    }
}
