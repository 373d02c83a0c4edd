import SendLogCore
import TestSupport
import Testing

@testable import SendLogRecipients

/// A lookup finds what the rules of keys and queries find, among codes that were made without a calling code.
struct MatcherTests {
    private static let callingCodes = ["1", "7", "27", "36", "39", "61", "81", "229", "264"].map { CallingCode($0) }

    @Test func `every stored notation that matches is found, and no other`() {
        var random = SplitMix64(defaultSeed: 7)
        var matches = 0
        for _ in 0..<TestScale.count(100_000, soak: 5_000_000) {
            let code = Bool.random(using: &random) ? nil : Self.callingCodes.randomElement(using: &random) ?? nil
            let number = Self.number(code, &random)
            let (stored, asked) = (Self.notation(of: number, code, &random), Self.notation(of: number, code, &random))
            let query = RecipientQuery(asked, callingCode: code)
            var isMatch = true
            if case .none = query.matches(RecipientKey(stored, callingCode: code)) { isMatch = false }
            let isFound = RecipientMatcher([query]).match(RecipientCode(RecipientKey(stored))) != .none
            #expect(isFound == isMatch, "\(asked) for \(stored), calling code \(code?.description ?? "unknown")")
            matches += isMatch ? 1 : 0
        }
        #expect(matches > 1000)
    }

    @Test func `a calling code means the same for a destination and for its key`() {
        var random = SplitMix64(defaultSeed: 8)
        for _ in 0..<TestScale.count(100_000, soak: 5_000_000) {
            let code = Self.callingCodes.randomElement(using: &random) ?? nil
            let stored = Self.notation(of: Self.number(code, &random), code, &random)
            let key = RecipientKey(stored, callingCode: code)
            let comment = Comment("\(stored), calling code \(code?.description ?? "unknown")")
            #expect(RecipientKey(RecipientKey(stored).text, callingCode: code) == key, comment)
            #expect(RecipientKey(key.text, callingCode: code) == key, comment)
        }
    }

    @Test func `several recipients are found at once`() {
        let matcher = RecipientMatcher([RecipientQuery("27821234567"), RecipientQuery("Jo@example.com")])
        let found = ["0821234567", "jo@example.com", "27831234567", "49821234567"].map {
            matcher.match(RecipientCode(RecipientKey($0))) != .none
        }
        #expect(found == [true, true, false, false])
        #expect(RecipientMatcher([]).groups.isEmpty)
    }

    /// A number of any length within a country or with its calling code; sometimes other digits, or an address.
    private static func number(_ code: CallingCode?, _ random: inout SplitMix64) -> String {
        let digits = (0..<Int.random(in: 0...15, using: &random)).map { _ in
            "0012345678".randomElement(using: &random) ?? "0"
        }
        switch Int.random(in: 0..<10, using: &random) {
        case 0: return "jo\(String(digits))@example.com"
        case 1, 2, 3: return String(digits)
        default: return (code?.description ?? "27") + String(digits)
        }
    }

    /// A notation that may mean the number: with prefixes, separators and a zero, or without its calling code.
    private static func notation(of number: String, _ code: CallingCode?, _ random: inout SplitMix64) -> String {
        var number = number
        let code = code?.description ?? "27"
        let prefix = ["", "", "00", "+", "011", "0011", "010", "0", "06"].randomElement(using: &random) ?? ""
        if number.hasPrefix(code), Bool.random(using: &random) {
            let trunk = ["", "0", "(0)", "06", "00"].randomElement(using: &random) ?? ""
            number = (Bool.random(using: &random) ? code : "") + trunk + number.dropFirst(code.count)
        }
        number = prefix + number
        guard Bool.random(using: &random) else { return number }
        let separator = [" ", "-", "\u{a0}"].randomElement(using: &random) ?? " "
        let position = number.index(number.startIndex, offsetBy: Int.random(in: 0...number.count, using: &random))
        return String(number[..<position]) + separator + String(number[position...])
    }
}
