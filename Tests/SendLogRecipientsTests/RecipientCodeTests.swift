import SendLogCore
import TestSupport
import Testing

@testable import SendLogRecipients

struct RecipientCodeTests {
    @Test(arguments: [
        ("27821234567", "27821234567"), ("+27 82 123-4567", "27821234567"), ("0821234567", "0821234567"),
        ("12345", "12345"), ("00012", "00012"), ("0", "0"), ("12345678", "12345678"), ("01234567", "01234567"),
        ("100000000", "100000000"), ("123456789012345", "123456789012345"), ("00000000", "00000000"),
    ])
    func `the code of a number has its digits`(destination: String, digits: String) {
        let code = RecipientCode(RecipientKey(destination))
        #expect(code.isNumber)
        #expect(code.digits == digits)
        #expect(Self.code(destination) == code)
    }

    @Test func `all notations of a number are in one group`() {
        let groups = ["27831234567", "0831234567", "270831234567", "49831234567", "31234567"].map {
            RecipientCode(RecipientKey($0)).group
        }
        #expect(groups == Array(repeating: 31_234_567, count: 5))
    }

    @Test func `other texts have codes of their own`() {
        let texts = ["jo@example.com", "JO@EXAMPLE.COM ", "Acme", "acme", "1234567890123456", "٠٨٢x", ""]
        let codes = texts.map(Self.code)
        #expect(codes[0] == codes[1])
        #expect(Set(codes).count == texts.count - 1)
        #expect(codes.allSatisfy { !$0.isNumber && $0.digits == nil })
    }

    @Test func `the code of random digits is that of their key`() {
        var random = SplitMix64(defaultSeed: 1)
        for _ in 0..<5000 {
            let length = Int.random(in: 1...17, using: &random)
            let text = String((0..<length).map { _ in "0123456789".randomElement(using: &random) ?? "0" })
            let key = RecipientKey(text)
            #expect(Self.code(text) == RecipientCode(key))
            #expect(RecipientCode(key).digits == (key.text.utf8.count <= 15 ? key.text : nil))
        }
    }

    private static func code(_ text: String) -> RecipientCode {
        var text = text
        return text.withUTF8 { RecipientCode(utf8: $0) }
    }
}
