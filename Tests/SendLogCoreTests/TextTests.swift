import SendLogCore
import Testing

/// The helpers for ASCII, hexadecimal digits, decimal digits and percent-encoding.
@Suite struct TextTests {
    @Test func `the classes of ASCII characters agree with Unicode's`() {
        for byte in UInt8.min ... .max {
            let character = Character(Unicode.Scalar(byte))
            let isASCII = byte < 0x80
            #expect(byte.isASCIIDigit == (isASCII && character.isNumber), "\(byte)")
            #expect(byte.isASCIILetter == (isASCII && character.isLetter), "\(byte)")
            #expect(byte.isASCIIAlphanumeric == (isASCII && (character.isLetter || character.isNumber)), "\(byte)")
            #expect(byte.hexDigitValue.map { Int($0) } == (isASCII ? character.hexDigitValue : nil), "\(byte)")
            #expect(byte.lowercaseHexDigitValue == (character.isUppercase ? nil : byte.hexDigitValue), "\(byte)")
        }
    }

    @Test func `hexadecimal digits have leading zeros`() {
        var digits: [UInt8] = []
        digits.appendHex(0x0a_bc, digits: 6)
        digits.appendHex(.max, digits: 16)
        #expect(String(decoding: digits, as: UTF8.self) == "000abcffffffffffffffff")
        #expect([UInt8]([0x00, 0x0f, 0xa0]).hex == "000fa0")
        #expect(UInt8.hexDigit(11, isUppercase: true) == UInt8(ascii: "B"))
    }

    @Test func `decimal digits have leading zeros, and the smallest integer has its sign`() {
        #expect(7.decimal(digits: 2) == "07")
        #expect(2022.decimal(digits: 4) == "2022")
        var digits: [UInt8] = []
        digits.appendDecimal(Int64.min)
        digits.appendDecimal(0)
        #expect(String(decoding: digits, as: UTF8.self) == "-92233720368547758080")
    }

    @Test func `percent-encoding keeps the unreserved characters`() {
        var bytes: [UInt8] = []
        bytes.appendPercentEncoded("a-Z_0.~ /é%".utf8) { $0.isUnreserved }
        #expect(String(decoding: bytes, as: UTF8.self) == "a-Z_0.~%20%2F%C3%A9%25")
    }
}
