/// Compresses the text of chunks that contain only numbers.
extension DigitHuffmanCode {
    /// Compresses a part of a list's JSON array to one block and an empty stored block, which ends at a byte boundary.
    ///
    /// - Returns: the compressed bytes; `nil` if an element is not a number.
    static func compress(_ text: [UInt8]) -> [UInt8]? {
        text.withUnsafeBufferPointer { text -> [UInt8]? in
            var isNumbers = false
            // The output is seldom longer than half the text. The worst case is a lone plus sign: `","+` takes 40 bits
            // for four bytes before the writer finds that it is not a number.
            let compressed = [UInt8](unsafeUninitializedCapacity: text.count * 5 / 4 + header.bytes.count + 32) {
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
        // Local copies, because each access to a static property checks whether it is initialised.
        private let literals = DigitHuffmanCode.literals
        private let matches = DigitHuffmanCode.matches
        private let distances = DigitHuffmanCode.distances
        private let digits = DigitHuffmanCode.digits

        /// Creates a writer and writes the header.
        init(_ output: UnsafeMutablePointer<UInt8>) {
            let (bytes, bits) = header
            output.update(from: bytes, count: bytes.count)
            self.output = output + bits / 8
            self.bits = UInt64(bits % 8 == 0 ? 0 : bytes[bits / 8])
            count = bits % 8
        }

        /// Adds a code of up to 48 bits.
        @inline(__always)
        private mutating func add(_ code: Code) {
            bits |= code.bits << UInt64(count)
            count += code.length
        }

        /// Writes the complete bytes to the output.
        @inline(__always)
        private mutating func store() {
            UnsafeMutableRawPointer(output).storeBytes(of: bits.littleEndian, as: UInt64.self)
            output += count >> 3
            bits >>= UInt64(count & ~7)
            count &= 7
        }

        mutating func write(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
            var index = 0
            if text.first == UInt8(ascii: ",") { literal(text, &index) }
            guard index < text.count, text[index] == UInt8(ascii: "\"") else { return false }
            literal(text, &index)
            guard var last = number(text, &index, from: 0) else { return false }
            var usual = -3
            var isFirst = true
            while index + 1 < text.count {
                guard index + 3 < text.count, text[index + 1] == UInt8(ascii: ","),
                    text[index + 2] == UInt8(ascii: "\"")
                else { return false }
                var shared = 0
                if !isFirst, matchable.contains(last.count) {
                    let most = min(last.count, text.count - index - 3)
                    while shared < most, text[last.lowerBound + shared] == text[index + 3 + shared] { shared += 1 }
                    // The reader is fastest if consecutive numbers use the same match, so one or two more shared digits
                    // do not change the match.
                    if shared >= usual, shared < usual + 3 { shared = usual } else { usual = shared }
                    add(matches[3 + shared])
                    add(distances[3 + last.count])
                    store()
                    index += 3
                } else {
                    for _ in 0..<3 { literal(text, &index) }
                }
                guard let next = number(text, &index, from: shared) else { return false }
                (last, isFirst) = (next, false)
            }
            guard index + 1 == text.count else { return false }
            literal(text, &index)
            return true
        }

        /// Ends the block.
        ///
        /// - Returns: the end of the output.
        mutating func finish() -> UnsafeMutablePointer<UInt8> {
            add(literals[endOfBlock])
            store()
            // Three zero bits begin a stored block, which is empty.
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

        private mutating func literal(_ text: UnsafeBufferPointer<UInt8>, _ index: inout Int) {
            add(literals[Int(text[index])])
            store()
            index += 1
        }

        /// Writes the digits of a number up to its closing quote, without the characters that the match copies.
        private mutating func number(
            _ text: UnsafeBufferPointer<UInt8>,
            _ index: inout Int,
            from shared: Int
        ) -> Range<Int>? {
            let start = index
            index += shared
            var isNumber = shared > 1 || shared == 1 && text[start] != UInt8(ascii: "+")
            if index == start, index < text.count, text[index] == UInt8(ascii: "+") { literal(text, &index) }
            let most = min(text.count, start + numbers.upperBound + 1)
            while index < most {
                let digit = text[index] &- UInt8(ascii: "0")
                guard digit < 10 else { break }
                bits |= UInt64(digits[Int(digit)]) << UInt64(count)
                count += 4
                if count > 56 { store() }
                index += 1
                isNumber = true
            }
            store()
            // A plus sign without digits is not a number.
            guard isNumber else { return nil }
            guard index < most, text[index] == UInt8(ascii: "\""), numbers.contains(index - start) else { return nil }
            return start..<index
        }
    }
}
