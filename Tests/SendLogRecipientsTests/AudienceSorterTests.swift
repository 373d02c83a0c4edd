import SendLogCore
import TestSupport
import Testing

@testable import SendLogRecipients

/// Audiences are compared as sets of keys are, with any amount of memory.
struct AudienceSorterTests {
    /// Limits with which a few recipients are spilled to files, and these merged twice and more.
    private static func tiny(_ random: inout SplitMix64) -> SortLimits {
        var limits = SortLimits()
        limits.memory = Int.random(in: 1...4000, using: &random)
        limits.runs = Int.random(in: 2...4, using: &random)
        limits.length = Int.random(in: 1...40, using: &random)
        return limits
    }

    /// A destination: one of some people in several notations, or any digits, or another text.
    private static func destination(_ random: inout SplitMix64) -> String {
        let person = 1_000_000 + Int.random(in: 0...200, using: &random)
        switch Int.random(in: 0..<12, using: &random) {
        case 0: return "+27 82 \(person)"
        case 1: return "082\(person)"
        case 2: return "27 (0)82\(person)"
        case 3: return "27082\(person)"
        case 4: return "Jo\(person % 40)@Example.com"
        case 5: return "jo\(person % 40)@example.COM "
        case 6: return person % 2 == 0 ? "Z\u{fc}rich \(person % 20)" : "Zu\u{308}rich \(person % 20)"
        case 7:
            let length = Int.random(in: 1...18, using: &random)
            return String((0..<length).map { _ in "0001234567".randomElement(using: &random) ?? "0" })
        case 8: return ["", " ", "0", "00", "12345", "012345", "😀"][person % 7]
        default: return "2782\(person)"
        }
    }

    private static func key(_ text: String, _ code: CallingCode?) -> String {
        RecipientKey(text, callingCode: code).text
    }

    /// The order of a list: numbers by length and digits, then other texts.
    private static func comesBefore(_ left: String, _ right: String) -> Bool {
        func isNumber(_ text: String) -> Bool {
            (1...15).contains(text.utf8.count) && text.utf8.allSatisfy { (0x30...0x39).contains($0) }
        }
        if isNumber(left) != isNumber(right) { return isNumber(left) }
        if isNumber(left), left.utf8.count != right.utf8.count { return left.utf8.count < right.utf8.count }
        return left < right
    }

    @Test func `the numbers and the lists are those of plain sets`() async throws {
        let seed = TestSeed.printed("the numbers and the lists are those of plain sets")
        var random = SplitMix64(seed: seed)
        let folder = try TemporaryFolder()
        for round in 0..<TestScale.count(60, soak: 2000) {
            let code = [nil, CallingCode("27"), CallingCode("36"), CallingCode("39")][round % 4]
            let limits = round % 5 == 4 ? SortLimits() : Self.tiny(&random)
            let total = Int.random(in: 0...3000, using: &random)
            let destinations = (0..<total).map { _ in Self.destination(&random) }
            let sides = destinations.map { _ in Int.random(in: 0..<3, using: &random) == 0 ? AudienceSide.b : .a }
            var sorter = AudienceSorter(callingCode: code, spoolFolder: folder.path, limits: limits)
            var (a, b): (Set<String>, Set<String>) = ([], [])
            for (var destination, side) in zip(destinations, sides) {
                let isAdded = destination.withUTF8 { sorter.add($0, to: side) }
                let key = Self.key(destination, code)
                #expect(isAdded == !key.isEmpty)
                if !isAdded { continue }
                if side == .a { a.insert(key) } else { b.insert(key) }
                if Int.random(in: 0..<20, using: &random) == 0 { try await sorter.spillIfFull() }
            }
            let comment = Comment("SENDLOG_TEST_SEED=\(seed), round \(round)")
            for list in AudienceList.allCases {
                let expected: Set<String> =
                    switch list {
                    case .a: a
                    case .b: b
                    case .both: a.intersection(b)
                    case .onlyA: a.subtracting(b)
                    case .onlyB: b.subtracting(a)
                    }
                var found: [String] = []
                let counts = try await sorter.count(listing: list) { key throws(StoreError) in
                    found.append(String(decoding: key, as: UTF8.self))
                }
                let both = a.intersection(b).count
                #expect(counts == AudienceCounts(both: both, onlyA: a.count - both, onlyB: b.count - both), comment)
                #expect(counts.a == a.count && counts.b == b.count, comment)
                #expect(found == expected.sorted(by: Self.comesBefore), comment)
                #expect(counts.count(of: list) == found.count, comment)
            }
        }
    }

    @Test func `numbers in normal form stay numbers, with and without a calling code`() async throws {
        let folder = try TemporaryFolder()
        for code in [nil, CallingCode("27"), CallingCode("1"), CallingCode("36")] {
            var sorter = AudienceSorter(callingCode: code, spoolFolder: folder.path)
            let texts = ["27821234567", "270821234567", "0821234567", "999999999999999", "9999999999999999", "1"]
            for var text in texts { _ = text.withUTF8 { sorter.add($0, to: .a) } }
            #expect(try await sorter.count().a == Set(texts.map { Self.key($0, code) }).count)
        }
    }

    @Test func `what does not fit into memory needs a folder, and nothing else does`() async throws {
        var limits = SortLimits()
        (limits.memory, limits.runs) = (800, 3)
        for (count, isRefused) in [(50, false), (5000, true)] {
            var sorter = AudienceSorter(callingCode: nil, spoolFolder: "/none", limits: limits)
            var failure: StoreError?
            do throws(StoreError) {
                for number in 0..<count {
                    var text = "2782\(1_000_000 + number)"
                    _ = text.withUTF8 { sorter.add($0, to: .b) }
                    try await sorter.spillIfFull()
                }
            } catch { failure = error }
            #expect((failure != nil) == isRefused)
        }
        // Recipients that repeat need no file.
        var sorter = AudienceSorter(callingCode: nil, spoolFolder: "/none", limits: limits)
        for number in 0..<5000 {
            var text = "2782100000\(number % 10)"
            _ = text.withUTF8 { sorter.add($0, to: .b) }
            try await sorter.spillIfFull()
        }
        #expect(try await sorter.count() == AudienceCounts(onlyB: 10))
    }
}
