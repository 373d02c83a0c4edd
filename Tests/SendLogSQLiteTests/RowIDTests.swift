import SendLogCore
import Testing

@testable import SendLogSQLite

struct RowIDTests {
    @Test func `a row ID has organisation and sequence number, and sorts in the order of recording`() {
        let top = RowID.maxOrganisations - 1
        let numbers: [(Int64, Int64)] = [
            (1, 0), (1, 1), (1, 2), (1, 1 << 39), (2, 0), (2, 1), (top, 0), (top, (1 << 40) - 1),
        ]
        let rowIDs = numbers.map { RowID(OrganisationID($0.0), SequenceNumber($0.1)) }
        #expect(rowIDs.map(\.sequence.number) == numbers.map(\.1))
        #expect(rowIDs.map(\.rawValue) == rowIDs.map(\.rawValue).sorted())
        #expect(rowIDs.allSatisfy { $0.rawValue > 0 && $0.rawValue < .max })
    }

    @Test func `blocks of counters follow each other without a gap`() {
        let size = CounterBlock.size
        let cases: [(Int64, Int64)] = [(1, 0), (size, 0), (size + 1, 1), (2 * size, 1), (2 * size + 1, 2)]
        for (sequence, block) in cases { #expect(CounterBlock.of(SequenceNumber(sequence)) == block) }
        for block in 0..<3 as Range<Int64> {
            #expect(CounterBlock.of(CounterBlock.last(of: block)) == block)
            #expect(CounterBlock.of(SequenceNumber(CounterBlock.last(of: block).number + 1)) == block + 1)
        }
    }

    @Test func `only an id of 24 lowercase hex digits is stored in half the bytes`() throws {
        func packed(_ text: String) throws -> PackedID { PackedID(try #require(SendLogID(text))) }
        #expect(
            try packed("00ff5f1a2b3c4d5e6f708192")
                == .digits(0x00ff_5f1a_2b3c_4d5e, 0x6f70_8192)
        )
        for text in [
            "00FF5f1a2b3c4d5e6f708192", "00ff5f1a2b3c4d5e6f70819", "00ff5f1a2b3c4d5e6f7081922",
            "00ff5f1a2b3c4d5e6f70819g",
        ] {
            #expect(try packed(text) == .text(text))
        }
    }
}
