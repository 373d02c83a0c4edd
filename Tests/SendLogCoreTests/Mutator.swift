import TestSupport

/// Mutates samples at random, with a seed: flips bits, and removes, repeats, inserts and exchanges parts.
struct Mutator {
    var random: SplitMix64
    /// The bytes to insert: tokens of the syntax under test, and common invalid bytes.
    let tokens: [[UInt8]]

    init(seed: UInt64, tokens: [String]) {
        random = SplitMix64(seed: seed)
        self.tokens = tokens.map { Array($0.utf8) } + [[0], [0x7f], [0xff], [0xc3], [0xed, 0xa0, 0x80], [0xf0, 0x9f]]
    }

    /// Returns one of the samples with zero to six changes.
    mutating func next(of samples: [[UInt8]]) -> [UInt8] {
        var bytes = samples.randomElement(using: &random) ?? []
        for _ in 0..<Int.random(in: 0...6, using: &random) { change(&bytes, samples) }
        return bytes
    }

    private mutating func change(_ bytes: inout [UInt8], _ samples: [[UInt8]]) {
        let index = Int.random(in: 0...bytes.count, using: &random)
        let end = min(bytes.count, index + Int.random(in: 1...8, using: &random))
        switch Int.random(in: 0..<7, using: &random) {
        case 0 where index < bytes.count: bytes[index] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        case 1 where index < bytes.count: bytes[index] = UInt8.random(in: 0...255, using: &random)
        case 2: bytes.removeSubrange(index..<end)
        case 3: bytes.insert(contentsOf: tokens.randomElement(using: &random) ?? [], at: index)
        case 4: bytes.insert(contentsOf: bytes[index..<end], at: index)
        case 5:
            let other = samples.randomElement(using: &random) ?? []
            bytes.replaceSubrange(index..., with: other.suffix(Int.random(in: 0...other.count, using: &random)))
        default:
            let count = Int.random(in: 1...40, using: &random)
            bytes.insert(
                contentsOf: repeatElement(bytes.indices.contains(index) ? bytes[index] : 0x5b, count: count),
                at: index
            )
        }
        // Keeps cases small, because there are many.
        if bytes.count > 4096 { bytes.removeSubrange(4096...) }
    }

    /// Splits bytes into pieces of random sizes.
    mutating func pieces(of bytes: [UInt8]) -> [ArraySlice<UInt8>] {
        var (pieces, rest): ([ArraySlice<UInt8>], ArraySlice<UInt8>) = ([], bytes[...])
        while !rest.isEmpty {
            let size = Int.random(in: 1...max(1, min(rest.count, 16)), using: &random)
            pieces.append(rest.prefix(size))
            rest = rest.dropFirst(size)
        }
        return pieces
    }
}
