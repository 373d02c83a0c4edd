import Foundation
import SendLogCore
import Testing

/// Names are compared without case and accents, but with the marks that are letters.
@Suite struct FoldedTextTests {
    @Test(
        arguments: [
            // Case, in full: one letter may become two.
            ("Spring SALE", "spring sale"), ("Straße", "STRASSE"), ("STRAẞE", "strasse"), ("ﬁnal", "FINAL"),
            ("ΟΔΟΣ", "οδος"), ("Σίσυφος", "ΣΊΣΥΦΟΣ"), ("МОСКВА", "москва"), ("ԵՐԵՎԱՆ", "երեվան"),
            ("ᲗᲑᲘᲚᲘᲡᲘ", "თბილისი"),
            ("ＦＵＬＬ", "ｆｕｌｌ"), ("\u{212a}elvin", "kelvin"), ("ǅ", "ǆ"), ("𐐀", "𐐨"), ("ſ", "S"),
            // Turkish: all four are one letter.
            ("İSTANBUL", "istanbul"), ("ISTANBUL", "istanbul"), ("KIŞ", "kış"), ("kiş", "kış"), ("i\u{307}", "I"),
            // Normalisation forms, also of letters that keep their marks.
            ("Caf\u{e9}", "Cafe\u{301}"), ("한국", "\u{1112}\u{1161}\u{11ab}\u{1100}\u{116e}\u{11a8}"),
            ("が", "か\u{3099}"), ("\u{928}\u{93c}", "\u{929}"),
            // Accents of Latin, Greek and Cyrillic.
            ("Café", "cafe"), ("Crème brûlée", "CREME BRULEE"), ("Tiếng Việt", "tieng viet"), ("Ὀδύσσεια", "οδυσσεια"),
            ("ᾳ", "αι"), ("ᾴ", "ΑΙ"), ("Ёлка", "елка"), ("Йод", "иод"), ("Ç", "c"), ("Å", "\u{212b}"),
            ("a\u{301}\u{323}", "a"),
        ]
    )
    func `texts with the same letters are the same`(left: String, right: String) {
        #expect(FoldedText(left) == FoldedText(right), "\(FoldedText(left).text) is not \(FoldedText(right).text)")
    }

    @Test(
        arguments: [
            // Marks of other scripts are letters.
            ("कि", "क"), ("किताब", "कताब"), ("กา", "กิ"), ("เก่า", "เกา"), ("كَتَبَ", "كتب"), ("שָׁלוֹם", "שלום"), ("が", "か"),
            ("ប៊ុន", "បុន"), ("தமிழ்", "தமழ"), ("မြန်မာ", "မြနမာ"),
            // Letters without a decomposition.
            ("ø", "o"), ("ł", "l"), ("đ", "d"), ("æ", "ae"), ("þ", "th"),
            // Marks after what is no letter of these scripts.
            ("1\u{20e3}", "1"), ("\u{301}a", "a"), ("क\u{301}", "क"), (" \u{301}", " "), ("ϣ\u{301}", "ϣ"),
            ("a b", "ab"), ("", "a"),
        ]
    )
    func `texts with other letters are not the same`(left: String, right: String) {
        #expect(FoldedText(left) != FoldedText(right))
    }

    @Test(
        arguments: [
            ("Frühjahr: Café für alle", "FRU", true), ("Frühjahr: Café für alle", "cafe fu\u{308}r", true),
            ("Große Rabatte", "gross", true), ("Große Rabatte", "S", true), ("हिन्दी", "हि", true), ("हिन्दी", "हन", false),
            ("한국어", "한국", true), ("한국어", "하", false), ("がき", "か", false), ("abc", "", true), ("", "a", false),
            ("abc", "abcd", false), ("aab", "ab", true), ("ñ", "n", true), ("", "", true),
        ]
    )
    func `a part of a text is found in it`(text: String, part: String, isFound: Bool) {
        #expect(FoldedText(text).contains(FoldedText(part)) == isFound)
    }

    @Test func `marks at the start of a text stay, and no text becomes empty`() {
        for text in ["\u{301}", "\u{301}\u{308}", "\u{345}", "\u{3099}", "\u{20dd}", "\u{fe0f}"] {
            #expect(!FoldedText(text).utf8.isEmpty)
        }
        #expect(FoldedText("\u{301}a\u{301}").text == "\u{301}a")
        #expect(FoldedText("").utf8.isEmpty)
    }

    @Test func `the form of each character is stable, and the same in each case and normalisation form`() {
        for value in UInt32(0)...0x10_ffff {
            guard let scalar = Unicode.Scalar(value) else { continue }
            let (text, folded) = (String(scalar), FoldedText(String(scalar)))
            #expect(FoldedText(folded.text) == folded, "U+\(String(value, radix: 16))")
            for other in [
                scalar.properties.lowercaseMapping, scalar.properties.uppercaseMapping,
                scalar.properties.titlecaseMapping, text.decomposedStringWithCanonicalMapping,
                text.precomposedStringWithCanonicalMapping,
            ] where other != text {
                #expect(FoldedText(other) == folded, "U+\(String(value, radix: 16)): \(other)")
            }
        }
    }
}
