/// A DEFLATE block with a fixed Huffman code for lists of cell numbers (<https://www.rfc-editor.org/rfc/rfc1951>).
///
/// A block with a dynamic code begins with a header that describes the code, so every inflater can read it. Here the
/// header is always the same. The server recognises the block by its first bytes, and reads and writes it without
/// building tables. Each number begins with one match, which repeats `","` and the digits that the number shares with
/// the one before; each remaining digit takes four bits. A number of eleven digits takes 5 bytes. zlib's output is no
/// shorter and takes ten times as long.
enum DigitHuffmanCode {
    /// The code lengths of literals and match lengths, in bits.
    static let literalLengths: [UInt8] = {
        var lengths = [UInt8](repeating: 0, count: 271)
        for digit in UInt8(ascii: "0")...UInt8(ascii: "9") { lengths[Int(digit)] = 4 }
        for rare in [UInt8(ascii: "\""), UInt8(ascii: ","), UInt8(ascii: "+")] { lengths[Int(rare)] = 10 }
        lengths[endOfBlock] = 10
        // Matches of 3, 4, … bytes: `","`, `","` with one digit, and so on. Numbers of a country share their first two
        // digits.
        for (index, length) in ([9, 9, 2, 4, 6, 6, 8, 8, 8, 8, 9, 9, 9, 9] as [UInt8]).enumerated() {
            lengths[257 + index] = length
        }
        return lengths
    }()
    /// The code lengths of distances, in bits: 9 to 12, 13 to 16, and 17 to 24 bytes back.
    static let distanceLengths: [UInt8] = [0, 0, 0, 0, 0, 0, 2, 1, 2]
    static let endOfBlock = 256

    /// The valid lengths of a number, in characters.
    static let numbers = 1...21
    /// The lengths of a number that the next one can match, in characters: its distance is 9 to 24 bytes.
    static let matchable = 6...21

    /// A Huffman code in the order of the output: the first bit is the lowest.
    struct Code {
        let bits: UInt64
        let length: Int
    }

    /// The codes of literals and match lengths, by symbol.
    static let literals = codes(literalLengths)

    /// The codes of the digits 0 to 9, each of four bits.
    static let digits = (UInt8(ascii: "0")...UInt8(ascii: "9")).map { UInt8(literals[Int($0)].bits) }

    /// The codes of match lengths in bytes, including their extra bits.
    static let matches: [Code] = (0...24).map { length in
        guard let (index, base, extra) = lengthBases.last(where: { $0.base <= length }) else {
            return Code(bits: 0, length: 0)
        }
        let code = literals[257 + index]
        return Code(bits: code.bits | UInt64(length - base) << UInt64(code.length), length: code.length + extra)
    }

    /// The codes of match distances in bytes, including their extra bits.
    static let distances: [Code] = (0...24).map { distance in
        switch distance {
        case 9...12: Code(bits: 0b01 | UInt64(distance - 9) << 2, length: 4)
        case 13...16: Code(bits: UInt64(distance - 13) << 1, length: 3)
        case 17...24: Code(bits: 0b11 | UInt64(distance - 17) << 2, length: 5)
        default: Code(bits: 0, length: 0)
        }
    }

    /// The smallest match length of each length code from 257 on, and the number of extra bits that follow the code.
    static let lengthBases: [(index: Int, base: Int, extra: Int)] = (0..<14).map { index in
        index < 8
            ? (index, 3 + index, 0) : index < 12 ? (index, 11 + 2 * (index - 8), 1) : (index, 19 + 4 * (index - 12), 2)
    }

    /// The header that every such block begins with, and its length in bits.
    static let header: (bytes: [UInt8], bits: Int) = {
        var writer = HeaderWriter()
        writer.write(0b100, 3)
        writer.write(UInt64(literalLengths.count - 257), 5)
        writer.write(UInt64(distanceLengths.count - 1), 5)
        // The lengths of the codes for code lengths, in the order of RFC 1951. The order ends with 15, which is not
        // used.
        let order = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1]
        var lengths = [UInt8](repeating: 0, count: 19)
        for symbol in [18, 10, 17, 4, 9, 8] { lengths[symbol] = 3 }
        for symbol in [16, 2, 6, 1] { lengths[symbol] = 4 }
        writer.write(UInt64(order.count - 4), 4)
        for symbol in order { writer.write(UInt64(lengths[symbol]), 3) }
        let lengthCodes = codes(lengths)
        func write(_ symbol: Int, _ count: Int = 0, _ bits: Int = 0) {
            writer.write(lengthCodes[symbol].bits, lengthCodes[symbol].length)
            writer.write(UInt64(count), bits)
        }
        let all = literalLengths + distanceLengths
        var index = 0
        while index < all.count {
            let run = all[index...].prefix { $0 == all[index] }.count
            if all[index] == 0 {
                let count = min(run, 138)
                if count > 10 { write(18, count - 11, 7) } else { write(17, count - 3, 3) }
                index += count
                continue
            }
            write(Int(all[index]))
            index += 1
            var left = run - 1
            while left >= 3 {
                let count = min(left, 6)
                write(16, count - 3, 2)
                (index, left) = (index + count, left - count)
            }
        }
        return (writer.bytes, writer.count)
    }()

    /// Returns the canonical Huffman codes of some code lengths (<https://www.rfc-editor.org/rfc/rfc1951#page-8>).
    private static func codes(_ lengths: [UInt8]) -> [Code] {
        var codes = lengths.map { _ in Code(bits: 0, length: 0) }
        var next: UInt64 = 0
        for length in 1...15 {
            next <<= 1
            for symbol in lengths.indices where lengths[symbol] == length {
                let reversed = (0..<length).reduce(UInt64(0)) { $0 << 1 | next >> UInt64($1) & 1 }
                codes[symbol] = Code(bits: reversed, length: length)
                next += 1
            }
        }
        return codes
    }

    /// A writer of bits, lowest first; only for the header, where speed does not matter.
    private struct HeaderWriter {
        var bytes: [UInt8] = []
        var count = 0

        mutating func write(_ bits: UInt64, _ length: Int) {
            for index in 0..<length {
                if count % 8 == 0 { bytes.append(0) }
                bytes[count / 8] |= UInt8(bits >> UInt64(index) & 1) << UInt8(count % 8)
                count += 1
            }
        }
    }
}
