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
        guard let source = UnsafeRawPointer(body.baseAddress), let target = output.baseAddress else { return false }
        var reader = Reader(source: source, length: body.count, target: target, room: output.count)
        return reader.read()
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

    /// What ten bits stand for that begin with a whole match, if the number that it begins is as long as the one before: the length of all of
    /// it in bits, the match's length in bits, its size in bytes and its distance, a byte each; 0 for all else.
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

    /// The two digits that a byte stands for, the first in the lower half; a half is 0 where it is no digit.
    private static let pairs: [UInt16] = (0..<256).map { byte in
        func digit(_ bits: Int) -> UInt16 {
            let digit = (UInt8(ascii: "0")...UInt8(ascii: "9")).first { literals[Int($0)].bits == UInt64(bits) }
            return UInt16(digit ?? 0)
        }
        return digit(byte & 0xf) | digit(byte >> 4) << 8
    }

    /// Some of the bits of 16 bytes.
    private struct Mask {
        let low: UInt64
        let high: UInt64

        /// Some bits of each of the first bytes.
        init(first count: Int, of bits: UInt64) {
            func first(_ bytes: Int) -> UInt64 { bytes <= 0 ? 0 : .max >> UInt64(64 - 8 * min(bytes, 8)) }
            (low, high) = (first(count) & bits, first(count - 8) & bits)
        }
    }

    /// The first so many bytes.
    private static let firsts = (0...16).map { Mask(first: $0, of: .max) }
    /// What the first so many bytes have if they are digits, and what is no digit, 0, has not.
    private static let digitBits = (0...16).map { Mask(first: $0, of: 0x1010_1010_1010_1010) }

    private struct Reader {
        let source: UnsafeRawPointer
        let length: Int
        let target: UnsafeMutableRawPointer
        let room: Int
        /// Where in the source, in bits.
        private var place = head.bits
        /// How much of the target is written.
        private var done = 0

        init(source: UnsafeRawPointer, length: Int, target: UnsafeMutableRawPointer, room: Int) {
            (self.source, self.length, self.target, self.room) = (source, length, target, room)
        }

        mutating func read() -> Bool {
            symbols.withUnsafeBufferPointer { symbols in
                starts.withUnsafeBufferPointer { starts in
                    pairs.withUnsafeBufferPointer { pairs in
                        firsts.withUnsafeBufferPointer { firsts in
                            digitBits.withUnsafeBufferPointer { digitBits in
                                while place < length &* 8 {
                                    readNumbers(starts, pairs, firsts, digitBits)
                                    switch readSymbol(symbols) {
                                    case .more: break
                                    case .end: return done == room && isEnd
                                    case .fault: return false
                                    }
                                }
                                return false
                            }
                        }
                    }
                }
            }
        }

        /// Whether the empty stored block comes next that ends a body, and nothing behind it.
        private var isEnd: Bool {
            let header = place + 3
            let bytes = (header + 7) / 8
            guard bits(3) == 0, bytes + 4 == length else { return false }
            return (0..<4).allSatisfy { offset in
                source.load(fromByteOffset: bytes + offset, as: UInt8.self) == (offset < 2 ? 0 : 0xff)
            }
        }

        /// Reads numbers as long as each is as long as the one before it.
        ///
        /// What a run of numbers has in common is looked up once: the match that each begins with, and the bytes that it brings.
        @inline(__always)
        private mutating func readNumbers(
            _ starts: UnsafeBufferPointer<UInt32>,
            _ pairs: UnsafeBufferPointer<UInt16>,
            _ firsts: UnsafeBufferPointer<Mask>,
            _ digitBits: UnsafeBufferPointer<Mask>
        ) {
            let lastWhole = (length &- 8) &* 8
            guard let pairs = pairs.baseAddress, lastWhole > 0, done >= 16 else { return }
            var (place, done) = (place, done)
            defer { (self.place, self.done) = (place, done) }
            while place <= lastWhole, done &+ 16 <= room {
                var bits = peek(place)
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
                let wanted = digitBits[distance &- size]
                // Behind what is shared; what is too much is overwritten by what comes next.
                let shift = UInt64(truncatingIfNeeded: 8 &* size) & 63
                let isLow = size < 8
                repeat {
                    let digits = bits &>> matchLength
                    let low =
                        UInt64(pairs[Int(truncatingIfNeeded: digits & 0xff)])
                        | UInt64(pairs[Int(truncatingIfNeeded: digits &>> 8 & 0xff)]) &<< 16
                        | UInt64(pairs[Int(truncatingIfNeeded: digits &>> 16 & 0xff)]) &<< 32
                        | UInt64(pairs[Int(truncatingIfNeeded: digits &>> 24 & 0xff)]) &<< 48
                    let high = UInt64(pairs[Int(truncatingIfNeeded: digits &>> 32 & 0xff)])
                    if wanted.low & ~low | wanted.high & ~high != 0 { return }
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
                    place &+= whole
                    if place > lastWhole || done &+ 16 > room { return }
                    bits = peek(place)
                } while bits & matchBits == match
            }
        }

        /// The bits from a place on, of which 57 can be relied on; eight bytes must be there.
        @inline(__always)
        private func peek(_ place: Int) -> UInt64 {
            let word = source.loadUnaligned(fromByteOffset: place &>> 3, as: UInt64.self)
            return UInt64(littleEndian: word) &>> UInt64(truncatingIfNeeded: place & 7)
        }

        private enum Step {
            case more
            case end
            case fault
        }

        /// Reads whatever comes next, at its leisure.
        private mutating func readSymbol(_ symbols: UnsafeBufferPointer<UInt16>) -> Step {
            let entry = symbols[Int(bits(10))]
            let symbol = Int(entry >> 4)
            place += Int(entry & 0xf)
            if symbol < endOfBlock {
                guard done < room else { return .fault }
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
            guard distance <= done, size <= room - done else { return .fault }
            for _ in 0..<size {
                let byte = target.load(fromByteOffset: done - distance, as: UInt8.self)
                target.storeBytes(of: byte, toByteOffset: done, as: UInt8.self)
                done += 1
            }
            return .more
        }

        private mutating func take(_ count: Int) -> UInt64 {
            defer { place += count }
            return bits(count)
        }

        /// The next bits; zeros behind the end.
        private func bits(_ count: Int) -> UInt64 {
            var word: UInt64 = 0
            for offset in 0..<3 where place >> 3 + offset < length {
                word |= UInt64(source.load(fromByteOffset: place >> 3 + offset, as: UInt8.self)) << UInt64(8 * offset)
            }
            return word >> UInt64(place & 7) & (1 << UInt64(count) - 1)
        }
    }
}
