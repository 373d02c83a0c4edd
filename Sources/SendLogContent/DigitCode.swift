/// A DEFLATE block for lists of cell numbers, whose code is known beforehand (<https://www.rfc-editor.org/rfc/rfc1951>).
///
/// A block with a code of its own must say what the code is, and any inflater learns it from there. This one always says the same, so
/// that who knows it can tell the block by its first bytes, and write and read it without building tables: each number
/// begins with one match, which repeats `","` and the digits it shares with the number before, and the digits that are left are
/// four bits each. That takes 5 bytes for a number of eleven digits, where zlib finds no less, and a tenth of its time.
enum DigitCode {
    /// The lengths of the codes of literals and match lengths, in bits.
    static let literalLengths: [UInt8] = {
        var lengths = [UInt8](repeating: 0, count: 271)
        for digit in UInt8(ascii: "0")...UInt8(ascii: "9") { lengths[Int(digit)] = 4 }
        for rare in [UInt8(ascii: "\""), UInt8(ascii: ","), UInt8(ascii: "+")] { lengths[Int(rare)] = 10 }
        lengths[endOfBlock] = 10
        // Matches of 3, 4, … bytes: `","` alone, with one digit, and so on. A country's numbers share their first two digits.
        for (place, length) in ([9, 9, 2, 4, 6, 6, 8, 8, 8, 8, 9, 9, 9, 9] as [UInt8]).enumerated() {
            lengths[257 + place] = length
        }
        return lengths
    }()
    /// The lengths of the codes of distances: 9 to 12, 13 to 16, and 17 to 24 bytes back.
    static let distanceLengths: [UInt8] = [0, 0, 0, 0, 0, 0, 2, 1, 2]
    static let endOfBlock = 256

    /// The lengths of the numbers that can be written, in characters.
    static let numbers = 1...21
    /// The lengths of those behind which a match can be.
    static let matchable = 6...21

    /// A code as it is written: its first bit is the lowest.
    struct Code {
        let bits: UInt64
        let length: Int
    }

    /// The code of each literal and match length.
    static let literals = codes(literalLengths)

    /// The code of each digit, all of four bits.
    static let digits = (UInt8(ascii: "0")...UInt8(ascii: "9")).map { UInt8(literals[Int($0)].bits) }

    /// A match's length: its code with the bits behind it.
    static let matches: [Code] = (0...24).map { length in
        guard let (place, base, extra) = lengthBases.last(where: { $0.base <= length }) else {
            return Code(bits: 0, length: 0)
        }
        let code = literals[257 + place]
        return Code(bits: code.bits | UInt64(length - base) << UInt64(code.length), length: code.length + extra)
    }

    /// A match's distance: its code with the bits behind it.
    static let distances: [Code] = (0...24).map { distance in
        switch distance {
        case 9...12: Code(bits: 0b01 | UInt64(distance - 9) << 2, length: 4)
        case 13...16: Code(bits: UInt64(distance - 13) << 1, length: 3)
        case 17...24: Code(bits: 0b11 | UInt64(distance - 17) << 2, length: 5)
        default: Code(bits: 0, length: 0)
        }
    }

    /// The least match length of each length code, from 257 on, and how many bits behind the code add to it.
    static let lengthBases: [(place: Int, base: Int, extra: Int)] = (0..<14).map { place in
        place < 8
            ? (place, 3 + place, 0) : place < 12 ? (place, 11 + 2 * (place - 8), 1) : (place, 19 + 4 * (place - 12), 2)
    }

    /// What every such block begins with.
    static let head: (bytes: [UInt8], bits: Int) = {
        var writer = BitWriter()
        writer.write(0b100, 3)
        writer.write(UInt64(literalLengths.count - 257), 5)
        writer.write(UInt64(distanceLengths.count - 1), 5)
        // The code of the code lengths, in the standard's order; none is needed behind 1.
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
        var place = 0
        while place < all.count {
            let run = all[place...].prefix { $0 == all[place] }.count
            if all[place] == 0 {
                let count = min(run, 138)
                if count > 10 { write(18, count - 11, 7) } else { write(17, count - 3, 3) }
                place += count
                continue
            }
            write(Int(all[place]))
            place += 1
            var left = run - 1
            while left >= 3 {
                let count = min(left, 6)
                write(16, count - 3, 2)
                (place, left) = (place + count, left - count)
            }
        }
        return (writer.bytes, writer.count)
    }()

    /// The canonical code of some lengths (<https://www.rfc-editor.org/rfc/rfc1951#page-8>).
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

    /// Writes bits, the lowest first, for what need not be quick.
    private struct BitWriter {
        var bytes: [UInt8] = []
        var count = 0

        mutating func write(_ bits: UInt64, _ length: Int) {
            for place in 0..<length {
                if count % 8 == 0 { bytes.append(0) }
                bytes[count / 8] |= UInt8(bits >> UInt64(place) & 1) << UInt8(count % 8)
                count += 1
            }
        }
    }
}
