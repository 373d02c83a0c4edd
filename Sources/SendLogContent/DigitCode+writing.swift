extension DigitCode {
    /// Writes a piece of a list's JSON array as one block, ended by an empty stored block, at which bytes are whole again.
    ///
    /// - Returns: `nil` where not all of it are numbers.
    static func compress(_ text: [UInt8]) -> [UInt8]? {
        text.withUnsafeBufferPointer { text -> [UInt8]? in
            var isNumbers = false
            // Seldom more than half. At worst 40 bits for a lone plus sign's four bytes, which only then is found to be no number.
            let compressed = [UInt8](unsafeUninitializedCapacity: text.count * 5 / 4 + head.bytes.count + 32) {
                output,
                count in
                guard let start = output.baseAddress else { return }
                var writer = Writer(start)
                isNumbers = writer.write(text)
                count = isNumbers ? writer.finish() - start : 0
            }
            return isNumbers ? compressed : nil
        }
    }

    private struct Writer {
        private var output: UnsafeMutablePointer<UInt8>
        private var bits: UInt64
        private var count: Int
        // Here, since each access to what is static asks whether it is there.
        private let literals = DigitCode.literals
        private let matches = DigitCode.matches
        private let distances = DigitCode.distances
        private let digits = DigitCode.digits

        /// Begins with the head.
        init(_ output: UnsafeMutablePointer<UInt8>) {
            let (bytes, bits) = head
            output.update(from: bytes, count: bytes.count)
            self.output = output + bits / 8
            self.bits = UInt64(bits % 8 == 0 ? 0 : bytes[bits / 8])
            count = bits % 8
        }

        /// Adds up to 48 bits.
        @inline(__always)
        private mutating func add(_ code: Code) {
            bits |= code.bits << UInt64(count)
            count += code.length
        }

        /// Stores the bytes that are whole.
        @inline(__always)
        private mutating func store() {
            UnsafeMutableRawPointer(output).storeBytes(of: bits.littleEndian, as: UInt64.self)
            output += count >> 3
            bits >>= UInt64(count & ~7)
            count &= 7
        }

        mutating func write(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
            var place = 0
            if text.first == UInt8(ascii: ",") { literal(text, &place) }
            guard place < text.count, text[place] == UInt8(ascii: "\"") else { return false }
            literal(text, &place)
            guard var last = number(text, &place, from: 0) else { return false }
            var usual = -3
            var isFirst = true
            while place + 1 < text.count {
                guard place + 3 < text.count, text[place + 1] == UInt8(ascii: ","),
                    text[place + 2] == UInt8(ascii: "\"")
                else { return false }
                var shared = 0
                if !isFirst, matchable.contains(last.count) {
                    let most = min(last.count, text.count - place - 3)
                    while shared < most, text[last.lowerBound + shared] == text[place + 3 + shared] { shared += 1 }
                    // Numbers that all begin alike are read fastest: a digit or two is not worth another match.
                    if shared >= usual, shared < usual + 3 { shared = usual } else { usual = shared }
                    add(matches[3 + shared])
                    add(distances[3 + last.count])
                    store()
                    place += 3
                } else {
                    for _ in 0..<3 { literal(text, &place) }
                }
                guard let next = number(text, &place, from: shared) else { return false }
                (last, isFirst) = (next, false)
            }
            guard place + 1 == text.count else { return false }
            literal(text, &place)
            return true
        }

        /// Ends the block.
        ///
        /// - Returns: where the bytes end.
        mutating func finish() -> UnsafeMutablePointer<UInt8> {
            add(literals[endOfBlock])
            store()
            // Three bits of zero begin a stored block; it holds nothing.
            count += 3
            store()
            if count > 0 {
                count = 8
                store()
            }
            bits = 0xffff_0000
            count = 32
            store()
            return output
        }

        private mutating func literal(_ text: UnsafeBufferPointer<UInt8>, _ place: inout Int) {
            add(literals[Int(text[place])])
            store()
            place += 1
        }

        /// Writes a number up to its closing quote, without the characters that a match brought.
        private mutating func number(
            _ text: UnsafeBufferPointer<UInt8>,
            _ place: inout Int,
            from shared: Int
        ) -> Range<Int>? {
            let start = place
            place += shared
            var isNumber = shared > 1 || shared == 1 && text[start] != UInt8(ascii: "+")
            if place == start, place < text.count, text[place] == UInt8(ascii: "+") { literal(text, &place) }
            let most = min(text.count, start + numbers.upperBound + 1)
            while place < most {
                let digit = text[place] &- UInt8(ascii: "0")
                guard digit < 10 else { break }
                bits |= UInt64(digits[Int(digit)]) << UInt64(count)
                count += 4
                if count > 56 { store() }
                place += 1
                isNumber = true
            }
            store()
            // A sign alone is none.
            guard isNumber else { return nil }
            guard place < most, text[place] == UInt8(ascii: "\""), numbers.contains(place - start) else { return nil }
            return start..<place
        }
    }
}
