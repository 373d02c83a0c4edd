import Foundation
import TestSupport
import Testing

@testable import SendLogCore

struct JSONNumberTests {
    @Test(arguments: [
        ("0", 0), ("-0", 0), ("1", 1), ("-1", -1), ("1000", 1000), ("1e3", 1000), ("1E+3", 1000), ("1000.0", 1000),
        ("1.5e1", 15), ("10e-1", 1), ("0.0", 0), ("0e5", 0), ("-0.0", 0), ("0e999999999999999999999", 0),
        ("9007199254740992", 1 << 53), ("-9007199254740992", -(1 << 53)), ("9007199254740992.0", 1 << 53),
        ("90071992547409920e-1", 1 << 53), ("9.007199254740992e15", 1 << 53), ("120000000000000000000e-19", 12),
        ("0.000000000000000000000000000012e30", 12),
    ])
    func `a whole number is an integer in any notation`(text: String, integer: Int) {
        #expect(JSONNumber(text: text).integer == integer)
    }

    @Test(arguments: [
        "1.5", "-0.1", "1e-1", "0.5", "1e400", "-1e400", "1e-400", "9007199254740993", "9007199254740993.0",
        "-9007199254740993", "9223372036854775807", "9223372036854775808", "-9223372036854775808",
        "-9223372036854775809",
        "1e16", "1e308", "9007199254740991.5", "1.00000000000000000001", "0.99999999999999999999999",
        "1e99999999999999999999999", "1e-99999999999999999999999", "10000000000000000000000000000000000000000",
    ])
    func `fractions, and numbers beyond two to the 53rd, are not integers`(text: String) {
        #expect(JSONNumber(text: text).integer == nil)
    }
}

struct JSONWritingTests {
    @Test(arguments: [
        "", "a", "\"", "\\", "\\\"", "/", "\u{0}", "\u{1}", "\u{8}\u{c}\n\r\t", "\u{1f}", "\u{7f}", "\u{2028}", "é",
        "日本",
        "😀", "a\"b\\c\nd", "\"\"\"", "{{contact.firstname}}", "</script>", "\u{10ffff}",
    ])
    func `a written string is read unchanged, by this project and by Foundation`(text: String) throws {
        var bytes: [UInt8] = []
        bytes.appendJSON(text)
        #expect(try JSONValue(bytes: bytes) == .string(text))
        let other = try JSONSerialization.jsonObject(with: Data(bytes), options: .fragmentsAllowed) as? String
        #expect(try Array(#require(other).utf8) == Array(text.utf8))
    }

    @Test func `random written strings are read unchanged`() throws {
        var random = SplitMix64(defaultSeed: 13)
        for _ in 0..<2000 {
            var text = String.UnicodeScalarView()
            for _ in 0..<Int.random(in: 0...20, using: &random) {
                let top: UInt32 = [0x30, 0x80, 0x900, 0x10ffff][Int.random(in: 0...3, using: &random)]
                let scalar = Unicode.Scalar(UInt32.random(in: 0...top, using: &random))
                // Foundation drops byte order marks.
                if let scalar, scalar != "\u{feff}" { text.append(scalar) }
            }
            var bytes: [UInt8] = []
            bytes.appendJSON(String(text))
            #expect(try JSONValue(bytes: bytes) == .string(String(text)))
            let other = try JSONSerialization.jsonObject(with: Data(bytes), options: .fragmentsAllowed) as? String
            #expect(try Array(#require(other).unicodeScalars) == Array(text))
        }
    }

    @Test func `characters that need no escape are written unchanged`() throws {
        var bytes: [UInt8] = []
        bytes.appendJSON("é/\u{7f}\u{2028}\u{feff}😀")
        #expect(bytes == Array("\"é/\u{7f}\u{2028}\u{feff}😀\"".utf8))
        #expect(try JSONValue(bytes: bytes) == .string("é/\u{7f}\u{2028}\u{feff}😀"))
        bytes.removeAll()
        bytes.appendJSON("\u{0}\u{b}\u{1f}\"\\\n")
        #expect(bytes == Array(#""\u0000\u000b\u001f\"\\\n""#.utf8))
    }

    @Test(arguments: [0, 1, -1, 9, 10, 99, 100, -10, 1000, 12_345_678_901, .max, .min])
    func `integers are written in decimal digits`(value: Int) {
        var bytes = Array("x".utf8)
        bytes.appendDecimal(value)
        #expect(String(decoding: bytes, as: UTF8.self) == "x\(value)")
    }

    @Test func `unsigned and small integers are written in decimal digits`() {
        var bytes: [UInt8] = []
        bytes.appendDecimal(UInt64.max)
        bytes.append(" ")
        bytes.appendDecimal(Int8.min)
        #expect(String(decoding: bytes, as: UTF8.self) == "18446744073709551615 -128")
    }
}

struct JSONValueTests {
    @Test func `a value keeps the order of members and repeated names`() throws {
        let value = try JSONValue(text: #"{"b":1,"a":[true,null,"x",{"c":{}}],"b":[]}"#)
        #expect(
            value
                == .object([
                    JSONMember(name: "b", value: .scalar(.number(JSONNumber(text: "1")))),
                    JSONMember(
                        name: "a",
                        value: .array([
                            .scalar(.bool(true)), .scalar(.null), .string("x"),
                            .object([JSONMember(name: "c", value: .object([]))]),
                        ])
                    ),
                    JSONMember(name: "b", value: .array([])),
                ])
        )
    }

    @Test(arguments: [
        ("null", "null"), ("true", "a boolean"), ("1", "a number"), (#""x""#, "a string"), ("[]", "an array"),
        ("{}", "an object"),
    ])
    func `each kind of value has a name for messages`(text: String, kind: String) throws {
        #expect(try JSONValue(text: text).kind == kind)
    }
}
