import SendLogRecipients
import Testing

struct ChecksumTests {
    private let pairs: [(RecipientCode, Int64)] = (0..<300).map { number in
        (RecipientCode(group: number % 10, rest: number / 10 % 3), Int64(number / 30))
    }

    private func checksum(_ pairs: some Sequence<(RecipientCode, Int64)>) -> RecipientChecksum {
        var checksum = RecipientChecksum()
        for (code, sequence) in pairs { checksum.add(code, sequence) }
        return checksum
    }

    @Test func `a checksum does not depend on the order of the pairs`() {
        let all = checksum(pairs)
        #expect(all.pairs == 300)
        #expect(checksum(pairs.reversed()) == all)
        #expect(checksum(pairs.shuffled()) == all)
    }

    @Test func `a checksum differs with one pair too few, twice, or changed in any part`() {
        var values: Set<UInt64> = [checksum(pairs).value]
        for index in pairs.indices {
            var others = pairs
            let (code, sequence) = others.remove(at: index)
            values.insert(checksum(others).value)
            for changed in [
                (code, sequence + 1000), (RecipientCode(group: code.group, rest: 1000), sequence),
                (RecipientCode(group: 1000, rest: code.rest), sequence),
            ] {
                values.insert(checksum(others + [changed]).value)
            }
            values.insert(checksum(pairs + [(code, sequence)]).value)
        }
        #expect(values.count == 1 + 300 * 5)
    }
}
