import SendLogAPI
import TestSupport
import Testing

/// Cells of CSV files: no part of a cell is a formula, and each text can be restored.
@Suite struct CSVTests {
    @Test func `a sign that may begin a formula gets an apostrophe`() {
        let cells: [(text: String, cell: String)] = [
            // At the start.
            ("=1+1", "'=1+1"), ("+1+1", "'+1+1"), ("-1-1", "'-1-1"), ("@SUM(A1)", "'@SUM(A1)"), ("＝1", "'＝1"),
            ("＋1", "'＋1"), ("－1", "'－1"), ("＠x", "'＠x"), ("=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"),
            ("==1", "'==1"), ("＝＝1", "'＝＝1"), ("=+1", "'='+1"), ("+", "'+"), ("-", "'-"), ("+5.", "'+5."),
            ("+1e5", "'+1e5"), ("@5", "'@5"), ("=5", "'=5"), ("+27 83 000 0001", "'+27 83 000 0001"),
            ("----", "'----"), ("\tx", "'\tx"), ("\rx", "'\rx"), ("\nx", "'\nx"), ("\t=1", "'\t'=1"),
            // After a separator.
            ("hi;=1+1;x", "hi;'=1+1;x"), ("hi,=1", "hi,'=1"), ("hi\t=1", "hi\t'=1"), ("hi|=1", "hi|'=1"),
            ("hi:=1", "hi:'=1"), ("hi =1", "hi '=1"), ("hi^=1", "hi^'=1"), ("hi~=1", "hi~'=1"),
            ("hi.=1", "hi.'=1"), ("hi/=1", "hi/'=1"), ("hi\u{1f}=1", "hi\u{1f}'=1"), ("hi¦=1", "hi¦'=1"),
            ("hi;＝1", "hi;'＝1"), ("hi；=1", "hi；'=1"), ("😀=1", "😀'=1"), ("a-=1", "a-'=1"), ("a--@", "a--'@"),
            // After a line break.
            ("a\n=1", "a\n'=1"), ("a\r=1", "a\r'=1"), ("a\r\n=1", "a\r\n'=1"), ("a\u{b}=1", "a\u{b}'=1"),
            ("a\u{c}=1", "a\u{c}'=1"), ("a\u{85}=1", "a\u{85}'=1"), ("a\u{2028}=1", "a\u{2028}'=1"),
            ("a\u{2029}=1", "a\u{2029}'=1"),
            // After characters that may be ignored.
            ("\u{0}=1", "\u{0}'=1"), ("\u{feff}=1", "\u{feff}'=1"), (" =1", " '=1"), ("\u{a0}=1", "\u{a0}'=1"),
            ("\u{2003}=1", "\u{2003}'=1"), ("\u{3000}=1", "\u{3000}'=1"), ("\u{200b}=1", "\u{200b}'=1"),
            ("\u{200d}=1", "\u{200d}'=1"), ("\u{2060}=1", "\u{2060}'=1"), ("\u{ad}=1", "\u{ad}'=1"),
            ("\u{3164}=1", "\u{3164}'=1"), ("\u{fe0f}=1", "\u{fe0f}'=1"), ("\u{2800}=1", "\u{2800}'=1"),
            ("\"=1", "\"'=1"), ("a;\"=1", "a;\"'=1"), ("a; \u{0}\u{feff}=1", "a; \u{0}\u{feff}'=1"),
            // After an apostrophe.
            ("'=1", "''=1"), ("''=1", "'''=1"), ("a'=1", "a''=1"), ("a;'=1", "a;''=1"), ("'＝1", "''＝1"),
            ("'+5", "''+5"), ("'\tx", "''\tx"), ("the boys'\nx", "the boys''\nx"), ("'\u{0}=1", "'\u{0}'=1"),
            // Neither numbers nor dashes between words.
            ("hi -5", "hi '-5"), ("hi -", "hi '-"), ("hi; - x", "hi; '- x"), ("hi  - x", "hi  '- x"),
            ("hi @ x", "hi '@ x"), ("hi +1+1 x", "hi '+1+1 x"),
        ]
        for (text, cell) in cells {
            #expect(Self.cell(of: Array(text.utf8)) == Self.quoted(cell), "\(text.debugDescription)")
            #expect(Array(Self.restored(cell).utf8) == Array(text.utf8), "\(text.debugDescription)")
        }
    }

    @Test func `a text without formulas stays unchanged`() {
        let texts = [
            "", "Hi there", "don't", "'tis", "'", "a=1", "a==", "a----", "x@y.example", "e-mail", "log-1", "из-за",
            "é-x", "है-x", "１-x", "+27821234567", "-5", "-5.25", "Sale - 50% off", "Call +27821234567 now",
            "Call +27 82 123 4567", "two\nlines\r\n\r\n", "a\tb", "😀", "｜", "ｘ", "plain, \"quoted\"", "\"",
        ]
        for text in texts {
            #expect(Self.cell(of: Array(text.utf8)) == Self.quoted(text), "\(text.debugDescription)")
        }
    }

    @Test func `malformed UTF-8 is kept, and signs after it get an apostrophe`() {
        let texts: [[UInt8]] = [
            [0xef], [0xef, 0xbc], [0x80], [0xc3], [0xf0, 0x9f, 0x98], [0x80, 0x80, 0x80, 0x80, 0x80],
        ]
        for text in texts {
            #expect(Self.cell(of: text) == [0x22] + text + [0x22])
            #expect(Self.cell(of: text + [0x3d]) == [0x22] + text + [0x27, 0x3d, 0x22])
        }
    }

    @Test func `no part of a random cell is a formula, and each text is restored`() {
        var random = SplitMix64(defaultSeed: nil)
        for _ in 0..<TestScale.count(3000, soak: 100_000) {
            let text = Self.randomText(&random)
            let raw = String(decoding: Self.cell(of: Array(text.utf8)), as: UTF8.self)
            let restored = Self.restored(Self.unquoted(raw))
            #expect(Array(restored.utf8) == Array(text.utf8), "\(text.debugDescription)")
            guard !Self.isNumber(Array(text.unicodeScalars)[...]) else { continue }
            let formula = Self.firstFormula(in: raw)
            #expect(formula == nil, "\(text.debugDescription)")
        }
    }

    private static func cell(of text: [UInt8]) -> [UInt8] {
        var bytes: [UInt8] = []
        text.withUnsafeBufferPointer { CSV.append($0, to: &bytes) }
        return bytes
    }

    /// Returns a text in quotes, with its own quotes doubled.
    private static func quoted(_ text: String) -> [UInt8] {
        var bytes: [UInt8] = [0x22]
        for byte in text.utf8 { bytes += byte == 0x22 ? [0x22, 0x22] : [byte] }
        return bytes + [0x22]
    }

    /// Undoes ``quoted(_:)``.
    private static func unquoted(_ raw: String) -> String {
        var text = String.UnicodeScalarView()
        var scalars = Array(raw.unicodeScalars).dropFirst().dropLast()
        while let scalar = scalars.popFirst() {
            if scalar == "\"" { scalars.removeFirst() }
            text.append(scalar)
        }
        return String(text)
    }

    private static let signs = Set("=+-@＝＋－＠".unicodeScalars)

    /// Restores a text as documented: removes one apostrophe before each sign, tab, CR and LF.
    private static func restored(_ cell: String) -> String {
        let scalars = Array(cell.unicodeScalars)
        var text = String.UnicodeScalarView()
        for (index, scalar) in scalars.enumerated() {
            if scalar == "'", index + 1 < scalars.count {
                let next = scalars[index + 1]
                if signs.contains(next) || next == "\t" || next == "\r" || next == "\n" { continue }
            }
            text.append(scalar)
        }
        return String(text)
    }

    /// Characters that a spreadsheet may separate at or ignore.
    private static let gaps =
        "\"\u{0}\t\n\u{b}\r \u{85}\u{a0}\u{ad}\u{200b}\u{2028}\u{2060}\u{3000}\u{3164}\u{fe0f}\u{feff}"

    /// Letters, digits and `_`, and the apostrophe: these must not be chosen as separators.
    private static let words = "aéह१x05_'"

    /// Splits the raw bytes of a cell at each possible separator, and returns the first part that may be a formula.
    private static func firstFormula(in raw: String) -> String? {
        let ignored = Set(gaps.unicodeScalars)
        let scalars = Array(raw.unicodeScalars)
        for separator in Set(scalars).subtracting(words.unicodeScalars) {
            let parts = scalars.split(separator: separator, omittingEmptySubsequences: false)
            for (index, part) in parts.enumerated() {
                guard let first = part.first(where: { !ignored.contains($0) }), signs.contains(first) else { continue }
                if separator == " ", index + 1 < parts.count, isNumber(part) { continue }
                return String(String.UnicodeScalarView(part))
            }
        }
        return nil
    }

    /// Returns whether a text is `+` or `-` and then only digits and points.
    private static func isNumber(_ text: ArraySlice<Unicode.Scalar>) -> Bool {
        (text.first == "+" || text.first == "-")
            && text.dropFirst().allSatisfy { "0123456789.".unicodeScalars.contains($0) }
    }

    private static func randomText(_ random: inout SplitMix64) -> String {
        let common = "  ''=+-@;\(words).😀"
        let text = Bool.random(using: &random) ? common : "\(common)\(gaps)=+-@＝＋－＠,|:^"
        let alphabet = Array(text.unicodeScalars)
        let count = Int.random(in: 0...12, using: &random)
        return String(String.UnicodeScalarView((0..<count).compactMap { _ in alphabet.randomElement(using: &random) }))
    }
}
