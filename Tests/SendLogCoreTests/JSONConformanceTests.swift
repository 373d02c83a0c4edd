import Foundation
import SendLogCore
import TestSupport
import Testing

/// Cases of RFC 8259, similar to JSONTestSuite (<https://github.com/nst/JSONTestSuite>).
struct JSONConformanceTests {
    @Test(arguments: [
        "[]", "{}", "[[]]", "[{}]", " [] ", "\t[\n]\r", "[1]", "[1,2]", "[ 1 , 2 ]", "[[] ,[]]", "[null]",
        "[true,false]",
        "0", "-0", "1", "-1", "10", "1.5", "0.0", "1e3", "1E3", "1e+3", "1e-3", "0e0", "0e+1", "0.5e-10", "-123.456e78",
        "123456789012345678901234567890", "1e400", "-1e400", "1e-400", "0.00000000000000000000000000000000000000000001",
        #""""#, #"" ""#, #""a""#, #""\"""#, #""\\""#, #""\/""#, #""/""#, #""\b\f\n\r\t""#, #""\u0000""#, #""\u0020""#,
        #""\u00e9""#, #""\u00E9""#, #""\ud83d\ude00""#, #""\uD83D\uDE00""#, #""\uFFFF""#, #""\udbff\udfff""#,
        #""\\u0041""#, "\"é\"", "\"\u{7f}\"", "\"\u{80}\"", "\"\u{7ff}\"", "\"\u{800}\"", "\"\u{d7ff}\"",
        "\"\u{e000}\"",
        "\"\u{ffff}\"", "\"\u{10000}\"", "\"\u{10ffff}\"", "\"\u{2028}\u{2029}\"",
        #"{"":0}"#, #"{"a":0}"#, #"{"a":{"b":[]}}"#, #"{"a":0,"b":1}"#, #"{"a":0,"a":1}"#, #"{"\u0000":0}"#,
        #"{"title":"\u041f\u043e"}"#, "null", "true", "false", "\n null \n",
    ])
    func `valid JSON is read as Foundation reads it`(text: String) throws {
        let value = try JSONValue(text: text)
        // Foundation refuses numbers beyond the range of Double.
        if text.contains("e400") { return }
        let other = try JSONSerialization.jsonObject(with: Data(text.utf8), options: .fragmentsAllowed)
        if text != #"{"a":0,"a":1}"# { #expect(isSame(value, other), "\(value) and \(other)") }
    }

    @Test(arguments: [
        // Structure
        "", " ", "[", "]", "{", "}", "[1", "[1,", "[,1]", "[1,]", "[,]", "[1,,2]", "[1 2]", "[1:2]", "[[]", "[]]", "[}",
        "{]", "[1}", "{\"a\":1]", "[]x", "[],[]", "{}{}", "1 2", "1,2", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{,}",
        "{\"a\":1,,\"b\":2}", "{\"a\" 1}", "{\"a\"::1}", "{1:1}", "{null:1}", "{a:1}", "{'a':1}", "{[]:1}",
        "{\"a\":1 \"b\":2}",
        "{:1}", ":", ",", "\"", "[\"a\"", "[\"a\",", "{\"a\":1", "{\"a\"", "{\"",
        // Literal names
        "nul", "nulll", "NULL", "Null", "tru", "truee", "True", "TRUE", "fals", "falsee", "nan", "NaN", "undefined",
        "inf",
        "Infinity", "-Infinity", "[nul]", "[truefalse]", "truefalse", "true false", "true1", "1true", "abcdefghij",
        // Numbers
        "-", "+1", "+0", "--1", "-+1", "01", "-01", "00", "012", "1.", "-1.", ".5", "-.5", "1.e3", "1e", "1e+", "1e-",
        "1E",
        "1ee3", "1e3e3", "1e3.5", "1.2.3", "1+2", "1-2", "0x10", "1_000", "1,000", "0b1", "0o7", "1f", "1a", "-a",
        "1e1 1",
        "１", "²", "- 1", "1 e3", "1. 5",
        // Strings
        "a", "'a'", "\"a", "a\"", "\"a\"b", "\"\\\"", "\"\\", "\"\\x\"", "\"\\a\"", "\"\\0\"", "\"\\'\"", "\"\\u\"",
        "\"\\u0\"",
        "\"\\u00\"", "\"\\u000\"", "\"\\u000g\"", "\"\\U0041\"", "\"\\u 041\"", "\"\\u+041\"", "\"\\\u{e9}\"",
        "\"\\\n\"",
        "\"\n\"", "\"\r\"", "\"\t\"", "\"\u{0}\"", "\"\u{1}\"", "\"\u{1f}\"", "{\"a\nb\":1}",
        // Surrogates
        "\"\\ud800\"", "\"\\udbff\"", "\"\\udc00\"", "\"\\udfff\"", "\"\\ud800a\"", "\"\\ud800\\n\"",
        "\"\\ud800\\u0041\"",
        "\"\\ud800\\ud800\"", "\"\\udc00\\ud800\"", "\"\\ud800\\\"", "\"\\ud800\\u\"", "\"\\ud83d\\ude0\"",
        "{\"\\ud800\":1}",
        // White space and comments
        "\u{a0}1", "\u{b}1", "\u{c}1", "\u{2028}1", "1\u{0}", "\u{0}", "[1]// a", "/* a */1", "[1]#a",
        "\u{85}1",
    ])
    func `a text that is not JSON is refused`(text: String) {
        #expect(throws: JSONSyntaxError.self) { try JSONValue(text: text) }
    }

    @Test(
        arguments: [
            [0x80], [0xbf], [0xc0, 0x80], [0xc1, 0xbf], [0xc3], [0xc3, 0x28], [0xe0, 0x80, 0x80], [0xe0, 0x9f, 0xbf],
            [0xe2, 0x82], [0xe2, 0x28, 0xa1], [0xe2, 0x82, 0x28], [0xed, 0xa0, 0x80], [0xed, 0xbf, 0xbf],
            [0xf0, 0x80, 0x80, 0x80],
            [0xf0, 0x8f, 0xbf, 0xbf], [0xf0, 0x9f, 0x98], [0xf0, 0x28, 0x8c, 0xbc], [0xf4, 0x90, 0x80, 0x80],
            [0xf5, 0x80, 0x80, 0x80], [0xf8, 0x88, 0x80, 0x80, 0x80], [0xfe], [0xff], [0xc3, 0xc3, 0xa9], [0xa9, 0xc3],
        ] as [[UInt8]]
    )
    func `bytes that are not UTF-8 are refused in strings and names`(bytes: [UInt8]) {
        let quote = UInt8(ascii: "\"")
        let string: [UInt8] = Array("[\"".utf8) + bytes + Array("\"]".utf8)
        #expect(throws: JSONSyntaxError.self) { try JSONValue(bytes: string) }
        let longer = Array("[\"é".utf8) + bytes + Array("é\"]".utf8)
        #expect(throws: JSONSyntaxError.self) { try JSONValue(bytes: longer) }
        let name = [UInt8(ascii: "{"), quote] + bytes + [quote] + Array(":1}".utf8)
        #expect(throws: JSONSyntaxError.self) { try JSONValue(bytes: name) }
        #expect(throws: JSONSyntaxError.self) { try JSONValue(bytes: bytes) }
    }

    @Test func `two bytes in a string are accepted exactly if they are UTF-8`() {
        for first in UInt8(0x80)...0xff {
            for second in UInt8(0x20)...0xff where second != UInt8(ascii: "\"") && second != UInt8(ascii: "\\") {
                let bytes = [first, second]
                let text = [UInt8(ascii: "\"")] + bytes + [UInt8(ascii: "\"")]
                let isAccepted = (try? JSONValue(bytes: text)) != nil
                #expect(isAccepted == (String(validating: bytes, as: UTF8.self) != nil), "\(bytes)")
            }
        }
    }

    @Test func `random texts of JSON tokens are accepted exactly if Foundation accepts them`() throws {
        var random = SplitMix64(defaultSeed: 11)
        let parts = [
            "{", "}", "[", "]", ",", ":", "\"", "\"a\"", "1", "-", "0", ".", "e", "5", " ", "null", "true", "\\",
            "u0041",
        ]
        var accepted = 0
        for _ in 0..<20_000 {
            let text = (0..<Int.random(in: 1...8, using: &random)).map { _ in
                parts[Int.random(in: parts.indices, using: &random)]
            }.joined()
            let value = try? JSONValue(text: text)
            let other = try? JSONSerialization.jsonObject(with: Data(text.utf8), options: .fragmentsAllowed)
            #expect((value != nil) == (other != nil), "\(text)")
            if value != nil { accepted += 1 }
        }
        #expect(accepted > 100)
    }

    /// Foundation's numbers may have rounding errors.
    private func isNear(_ left: Double?, _ right: Double?) -> Bool {
        guard let left, let right else { return false }
        return abs(left - right) <= abs(right) * 1e-12
    }

    private func isSame(_ value: JSONValue, _ other: Any) -> Bool {
        switch value {
        case .scalar(.null): other is NSNull
        case .scalar(.bool(let bool)): (other as? Bool) == bool
        case .scalar(.number(let number)): isNear((other as? NSNumber)?.doubleValue, Double(number.text))
        case .string(let string): (other as? String).map { Array($0.utf8) == Array(string.utf8) } ?? false
        case .array(let values):
            (other as? [Any]).map { $0.count == values.count && zip(values, $0).allSatisfy(isSame) } ?? false
        case .object(let members):
            (other as? [String: Any]).map { other in
                other.count == members.count
                    && members.allSatisfy { member in other[member.name].map { isSame(member.value, $0) } ?? false }
            } ?? false
        }
    }
}
