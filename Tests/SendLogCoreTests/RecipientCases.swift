import Testing

/// A destination, its normal form, and the reason for it.
struct RecipientCase: Sendable, CustomTestStringConvertible {
    let written: String
    let key: String
    let reason: String
    /// The organisation's calling code; empty if none is set.
    let code: String

    private init(_ written: String, _ key: String, _ reason: String, code: String = "") {
        (self.written, self.key, self.reason, self.code) = (written, key, reason, code)
    }

    var testDescription: String { "\(written.debugDescription) \(code): \(reason)" }

    /// Numbers in international notation.
    static let international: [RecipientCase] = [
        RecipientCase("27821234567", "27821234567", "the usual notation is the normal form"),
        RecipientCase("+27821234567", "27821234567", "a plus sign adds no information to a calling code"),
        RecipientCase("0027821234567", "27821234567", "00 is the most frequent international prefix"),
        RecipientCase("+0027821234567", "27821234567", "both at once: no calling code begins with 0"),
        RecipientCase("++27821234567", "27821234567", "a plus sign typed twice"),
        RecipientCase("+ 27 82 123 4567", "27821234567", "a space after the plus sign"),
        RecipientCase("\u{ff0b}27821234567", "27821234567", "a full-width plus sign, from an Asian keyboard"),
        RecipientCase("\u{fe62}27821234567", "27821234567", "a small plus sign"),
        RecipientCase("(+27) 82 123 4567", "27821234567", "a bracket before the plus sign"),
        RecipientCase("+(27)821234567", "27821234567", "a bracket after the plus sign"),
        RecipientCase("+27 (0)82 123 4567", "27821234567", "a bracketed 0 after a calling code is not dialled"),
        RecipientCase("+27(0)821234567", "27821234567", "the same without spaces"),
        RecipientCase("+27 ( 0 ) 82 123 4567", "27821234567", "the same with spaces within"),
        RecipientCase("+27 [0] 82 123 4567", "27821234567", "the same in square brackets"),
        RecipientCase("+27\u{ff08}0\u{ff09}821234567", "27821234567", "the same in full-width brackets"),
        RecipientCase("0027 (0)82 123 4567", "27821234567", "the same after 00"),
        RecipientCase("27 (0)82 123 4567", "27821234567", "the same without a plus sign"),
        RecipientCase("+27 (0)84 123 4567", "27841234567", "the list of the bug report"),
        RecipientCase("+1 (0)2025550123", "12025550123", "a calling code of one digit"),
        RecipientCase("+264 (0)81 123 4567", "264811234567", "a calling code of three digits"),
        RecipientCase("+27 82 (0) 123 4567", "278201234567", "a bracketed 0 elsewhere is dialled"),
        RecipientCase("+27 (082) 123 4567", "270821234567", "without a calling code, the 0 may be part: Italy"),
        RecipientCase("+39 06 1234 5678", "390612345678", "an Italian number keeps its 0"),
        RecipientCase("000821234567", "000821234567", "three zeros are no international prefix"),
        RecipientCase("+000821234567", "000821234567", "nor with a plus sign"),
        RecipientCase("0012345", "0012345", "after 00, too few digits for a number"),
        RecipientCase("27821234", "27821234", "too long for a short code, too short for a mobile number: unchanged"),
        RecipientCase("123456789012345", "123456789012345", "15 digits are the most that E.164 allows"),
        RecipientCase("00123456789012345", "123456789012345", "00 does not count among them"),
        RecipientCase("1234567890123456", "1234567890123456", "16 digits are no number, and are kept as text"),
        RecipientCase("1234 5678 9012 3456", "1234567890123456", "without separators: they may begin with a prefix"),
        RecipientCase("1234 5678 9012 3456 7890", "1234 5678 9012 3456 7890", "which has at most four digits"),
    ]

    /// Separators and invisible characters.
    static let separators: [RecipientCase] = [
        RecipientCase("27 82 123 4567", "27821234567", "spaces"),
        RecipientCase("27-82-123-4567", "27821234567", "hyphens"),
        RecipientCase("27.82.123.4567", "27821234567", "dots"),
        RecipientCase("27/82/1234567", "27821234567", "slashes"),
        RecipientCase("27_82_1234567", "27821234567", "low lines, from file names"),
        RecipientCase("27 82--123 - 4567", "27821234567", "several in a row"),
        RecipientCase("  27821234567  ", "27821234567", "spaces at the ends"),
        RecipientCase("-27821234567", "27821234567", "a dash before the number"),
        RecipientCase("27821234567\n", "27821234567", "a line break, from a pasted cell"),
        RecipientCase("27\t82\t1234567", "27821234567", "tabs, from a spreadsheet"),
        RecipientCase("27\u{a0}82\u{a0}1234567", "27821234567", "no-break spaces, from a web page"),
        RecipientCase("27\u{202f}82\u{202f}1234567", "27821234567", "narrow no-break spaces, from this console"),
        RecipientCase("27\u{2009}82\u{2003}1234567", "27821234567", "thin and em spaces"),
        RecipientCase("27\u{3000}821234567", "27821234567", "an ideographic space"),
        RecipientCase("27\u{1680}82\u{2028}1234567", "27821234567", "any white space of Unicode"),
        RecipientCase("27\u{2010}82\u{2011}1234567", "27821234567", "hyphen and no-break hyphen"),
        RecipientCase("27\u{2012}82\u{2013}123\u{2014}4567", "27821234567", "figure, en and em dash"),
        RecipientCase("27\u{2015}82\u{2212}1234567", "27821234567", "horizontal bar and minus sign"),
        RecipientCase("27\u{ff0d}82\u{fe63}1234567", "27821234567", "full-width and small hyphen-minus"),
        RecipientCase("27\u{2043}82\u{301c}1234567", "27821234567", "hyphen bullet and wave dash"),
        RecipientCase("27\u{b7}82\u{b7}1234567", "27821234567", "middle dots"),
        RecipientCase("27\u{2022}82\u{2219}123\u{22c5}4567", "27821234567", "bullet and dot operators"),
        RecipientCase("27\u{30fb}82\u{ff0e}1234567", "27821234567", "katakana middle dot and full-width full stop"),
        RecipientCase("27\u{2044}82\u{2215}123\u{ff0f}4567", "27821234567", "fraction, division and full-width slash"),
        RecipientCase("(27)(82)(1234567)", "27821234567", "brackets"),
        RecipientCase("'27821234567", "27821234567", "an apostrophe makes a cell a text in spreadsheets"),
        RecipientCase("'+27 83 000 0001", "27830000001", "the files of the console have it as well"),
        RecipientCase("\"27821234567\"", "27821234567", "quotes, from CSV or JSON"),
        RecipientCase("\u{201c}27821234567\u{201d}", "27821234567", "typographic quotes"),
        RecipientCase("27\u{2019}821\u{2019}234\u{2019}567", "27821234567", "Swiss separators of thousands"),
        RecipientCase("\u{202a}+27821234567\u{202c}", "27821234567", "embedding marks, from Windows contacts"),
        RecipientCase("\u{200e}27821234567\u{200f}", "27821234567", "direction marks"),
        RecipientCase("\u{2066}27821234567\u{2069}", "27821234567", "isolates"),
        RecipientCase("\u{61c}27821234567", "27821234567", "an Arabic letter mark"),
        RecipientCase("27\u{200b}82\u{200c}123\u{200d}4567", "27821234567", "zero-width space and joiners"),
        RecipientCase("\u{feff}27821234567", "27821234567", "a byte order mark, from the first line of a file"),
        RecipientCase("27\u{2060}82\u{ad}1234567", "27821234567", "word joiner and soft hyphen"),
        RecipientCase("\u{180e}27\u{fe0f}821234567\u{0}", "27821234567", "other invisible characters and controls"),
        RecipientCase("+27,82,123,4567", "+27,82,123,4567", "a comma separates two numbers"),
        RecipientCase("27821234567;", "27821234567;", "and so does a semicolon"),
    ]

    /// Digits of other scripts.
    static let digits: [RecipientCase] = [
        RecipientCase("\u{662}\u{667}821234567", "27821234567", "Arabic-Indic digits have the same values"),
        RecipientCase("\u{6f2}\u{6f7}821234567", "27821234567", "Persian digits"),
        RecipientCase("\u{ff12}\u{ff17}821234567", "27821234567", "full-width digits"),
        RecipientCase("\u{968}\u{96d}821234567", "27821234567", "Devanagari digits"),
        RecipientCase("\u{1d7d0}\u{1d7d5}821234567", "27821234567", "mathematical digits, beyond 16 bits"),
        RecipientCase("\u{660}\u{660}27821234567", "27821234567", "an international prefix in other digits"),
        RecipientCase("\u{b2}7821234567", "\u{b2}7821234567", "a superscript is no digit of a number"),
        RecipientCase("\u{2461}7821234567", "\u{2461}7821234567", "nor is a circled digit"),
        RecipientCase("2\u{fe0f}\u{20e3}7821234567", "2\u{fe0f}\u{20e3}7821234567", "nor is a keycap"),
        RecipientCase("\u{4e8c}\u{4e03}821234567", "\u{4e8c}\u{4e03}821234567", "nor is a Chinese numeral"),
    ]

    /// Numbers within a country.
    static let national: [RecipientCase] = [
        RecipientCase("0821234567", "0821234567", "without a calling code, a leading 0 stays"),
        RecipientCase("082 123 4567", "0821234567", "but separators go"),
        RecipientCase("(0)82 123 4567", "0821234567", "a bracketed 0 without a calling code is the leading 0"),
        RecipientCase("(082) 123-4567", "0821234567", "an area code in brackets"),
        RecipientCase("+0821234567", "0821234567", "no calling code begins with 0: the plus sign is a mistake"),
        RecipientCase("082 123 4567", "27821234567", "with a calling code it becomes international", code: "27"),
        RecipientCase("+082 123 4567", "27821234567", "also after a mistaken plus sign", code: "27"),
        RecipientCase("(0)82 123 4567", "27821234567", "also with a bracketed 0", code: "27"),
        RecipientCase("\u{660}821234567", "27821234567", "also with a 0 of another script", code: "27"),
        RecipientCase("27821234567", "27821234567", "international numbers stay", code: "27"),
        RecipientCase("+49 170 1234567", "491701234567", "also those of other countries", code: "27"),
        RecipientCase("0049 170 1234567", "491701234567", "also after 00", code: "27"),
        RecipientCase("+27 (082) 123 4567", "27821234567", "a 0 after the own calling code goes", code: "27"),
        RecipientCase("+27 082 123 4567", "27821234567", "also without brackets", code: "27"),
        RecipientCase("270821234567", "27821234567", "also without a plus sign", code: "27"),
        RecipientCase("+49 0170 1234567", "4901701234567", "other countries may need it", code: "27"),
        RecipientCase("27008212345", "27008212345", "two zeros after the calling code are no mistake", code: "27"),
        RecipientCase("821234567", "821234567", "without its 0, nothing marks a number as national", code: "27"),
        RecipientCase("011 123 4567", "0111234567", "011 is an area code (Johannesburg), not a prefix"),
        RecipientCase("011 123 4567", "27111234567", "also with a calling code", code: "27"),
        RecipientCase("011 27 82 123 4567", "27821234567", "but it is the prefix in North America", code: "1"),
        RecipientCase("01127821234567", "01127821234567", "which is unknown without a calling code"),
        RecipientCase("0011 27 82 123 4567", "27821234567", "0011 is the prefix in Australia", code: "61"),
        RecipientCase("0011 27 82 123 4567", "001127821234567", "and no number without a calling code: none has +11"),
        RecipientCase("0011 86 138 1234 5678", "8613812345678", "with more than 15 digits as well", code: "61"),
        RecipientCase("0011 86 138 1234 5678", "00118613812345678", "which are kept without separators"),
        RecipientCase("0412 345 678", "61412345678", "where numbers have a leading 0", code: "61"),
        RecipientCase("010 27 82 123 4567", "27821234567", "010 is the prefix in Japan", code: "81"),
        RecipientCase("090-1234-5678", "819012345678", "where numbers have a leading 0", code: "81"),
        RecipientCase("06 1234 5678", "390612345678", "the 0 is part of the number in Italy", code: "39"),
        RecipientCase("01 95 12 34 56", "2290195123456", "and in Benin", code: "229"),
        RecipientCase("+39 06 1234 5678", "390612345678", "so it stays after the calling code", code: "39"),
        RecipientCase("06 20 123 4567", "36201234567", "06 is the trunk prefix in Hungary", code: "36"),
        RecipientCase("8 912 345-67-89", "89123456789", "8 in Russia is not recognised, only 0", code: "7"),
        RecipientCase("0800123", "27800123", "seven digits are enough for a number", code: "27"),
        RecipientCase("012345", "012345", "fewer are a short code", code: "27"),
        RecipientCase("01234567890123", "271234567890123", "15 digits in the end are allowed", code: "27"),
        RecipientCase("012345678901234", "012345678901234", "with more, it stays as it is", code: "27"),
        RecipientCase("+27 0 1234567890123", "271234567890123", "the 0 does not count among them", code: "27"),
        RecipientCase("+27 0 12345678901234", "27012345678901234", "with more, it stays as well", code: "27"),
    ]

    /// Short codes and numbers with letters.
    static let texts: [RecipientCase] = [
        RecipientCase("12345", "12345", "a short code"),
        RecipientCase("12 345", "12345", "without its separators"),
        RecipientCase("12345", "12345", "it has no calling code", code: "27"),
        RecipientCase("0", "0", "a digit"),
        RecipientCase("+1", "1", "a digit with a plus sign"),
        RecipientCase("*120*1#", "*120*1#", "a service code: * and # are dialled"),
        RecipientCase("27821234567#", "27821234567#", "so this is no number"),
        RecipientCase("27821234567x12", "27821234567x12", "letters make it a text"),
        RecipientCase("27 82 CALL ME", "27 82 CALL ME", "a vanity number is ambiguous"),
        RecipientCase("INFO", "INFO", "a name keeps its case"),
        RecipientCase("info", "info", "so that it is distinct"),
        RecipientCase("  Jo Smith\u{a0}", "Jo Smith", "white space at the ends goes"),
        RecipientCase("\u{200f}\u{5d0}\u{5d1}\u{200e}", "\u{5d0}\u{5d1}", "and so do direction marks"),
        RecipientCase("Jo  Smith", "Jo  Smith", "white space within stays"),
        RecipientCase("Andre\u{301}", "Andr\u{e9}", "decomposed letters are composed"),
        RecipientCase("\u{212b}", "\u{c5}", "and so are compatible singletons"),
        RecipientCase("\u{1f1ff}\u{1f1e6}", "\u{1f1ff}\u{1f1e6}", "an emoji is a text"),
        RecipientCase("@handle", "@handle", "an @ at the start makes no e-mail address"),
        RecipientCase("Handle@", "Handle@", "nor does one at the end"),
    ]

    /// URIs and angle brackets.
    static let schemes: [RecipientCase] = [
        RecipientCase("tel:+27821234567", "27821234567", "a link of a web page"),
        RecipientCase("TEL:0821234567", "0821234567", "schemes have no case"),
        RecipientCase("Tel: 082 123 4567", "0821234567", "also the words of a letterhead"),
        RecipientCase("tel:0821234567", "27821234567", "with a calling code", code: "27"),
        RecipientCase("\u{202a}tel:+27-82-123-4567\u{202c}", "27821234567", "with marks and separators"),
        RecipientCase("tel:+27821234567;ext=12", "27821234567", "a message goes to the number, not to an extension"),
        RecipientCase("tel:0821234567;phone-context=+27", "0821234567", "no parameter is read"),
        RecipientCase("tel:%2B27%2082%20123%204567", "27821234567", "percent-encoding of the URI"),
        RecipientCase("tel://27821234567", "27821234567", "slashes after the scheme"),
        RecipientCase("tel:", "", "a scheme without a number"),
        RecipientCase("sms:+27821234567?body=Hi", "27821234567", "a link that opens a message"),
        RecipientCase("<+27821234567>", "27821234567", "angle brackets"),
        RecipientCase("<tel:+27821234567>", "27821234567", "angle brackets around a URI"),
        RecipientCase("fax:+27821234567", "fax:+27821234567", "any other scheme is a text"),
    ]

    /// E-mail addresses.
    static let emails: [RecipientCase] = [
        RecipientCase("jo@example.com", "jo@example.com", "the normal form"),
        RecipientCase("Jo@Example.COM", "jo@example.com", "the case does not matter"),
        RecipientCase("JO@example.com", "jo@example.com", "nor in the local part"),
        RecipientCase("\u{c9}VA@example.com", "\u{e9}va@example.com", "nor in letters beyond A to Z"),
        RecipientCase("e\u{301}va@example.com", "\u{e9}va@example.com", "composed, as any text"),
        RecipientCase("\u{130}@example.com", "i\u{307}@example.com", "a dotted capital I has two characters then"),
        RecipientCase("\u{3a3}@example.com", "\u{3c3}@example.com", "a capital sigma"),
        RecipientCase(
            "stra\u{df}e@example.com",
            "stra\u{df}e@example.com",
            "a sharp s is no ss: they are two addresses"
        ),
        RecipientCase(" jo@example.com\u{a0}\n", "jo@example.com", "white space at the ends goes"),
        RecipientCase("\u{feff}jo\u{200b}@example.com\u{2069}", "jo@example.com", "invisible characters go anywhere"),
        RecipientCase("jo\u{200d}@example.com", "jo\u{200d}@example.com", "but joiners stay: some scripts need them"),
        RecipientCase("mailto:Jo@example.com", "jo@example.com", "a link of a web page"),
        RecipientCase("mailto:jo@example.com?subject=Hi", "jo@example.com", "without its parameters"),
        RecipientCase("mailto:jo%2Btag@example.com", "jo+tag@example.com", "percent-encoding of the URI"),
        RecipientCase("<jo@example.com>", "jo@example.com", "angle brackets"),
        RecipientCase("<MAILTO:Jo@example.com>", "jo@example.com", "angle brackets around a URI"),
        RecipientCase("Jo Smith <Jo@example.com>", "jo@example.com", "a name before the address is no part of it"),
        RecipientCase("jo+tag@example.com", "jo+tag@example.com", "a tag is part of the address"),
        RecipientCase("j.o@example.com", "j.o@example.com", "and so is a dot"),
        RecipientCase("27821234567@example.com", "27821234567@example.com", "a number before an @ is no number"),
        RecipientCase("jo@xn--mnchen-3ya.de", "jo@xn--mnchen-3ya.de", "Punycode is not decoded"),
        RecipientCase("jo@example.com, Al@example.com", "jo@example.com, al@example.com", "two addresses"),
    ]

    /// Hostile and broken input.
    static let hostile: [RecipientCase] = [
        RecipientCase("", "", "nothing"),
        RecipientCase(" \u{a0}\t", "", "only white space"),
        RecipientCase("\u{200b}\u{feff}", "", "only invisible characters"),
        RecipientCase("- - -", "- - -", "only separators"),
        RecipientCase("+", "+", "only a plus sign"),
        RecipientCase("()", "()", "only brackets"),
        RecipientCase("(0)", "0", "only a bracketed 0"),
        RecipientCase(")0(27821234567", "027821234567", "brackets in the wrong order are separators"),
        RecipientCase("+27((0)821234567", "27821234567", "brackets that are not closed"),
        RecipientCase("<>", "<>", "empty angle brackets"),
        RecipientCase("<<27821234567>>", "<<27821234567>>", "angle brackets within angle brackets"),
        RecipientCase("@", "@", "only an @"),
        RecipientCase("0000000000", "0000000000", "only zeros"),
        RecipientCase("0000000000", "0000000000", "only zeros, with a calling code", code: "27"),
        RecipientCase("2782123456727831234567", "2782123456727831234567", "two numbers pasted together"),
        RecipientCase("+27821234567+27831234567", "+27821234567+27831234567", "two numbers with plus signs"),
        RecipientCase("27821234567 27831234567", "27821234567 27831234567", "two numbers and a space"),
        RecipientCase("0821234567/0831234567", "0821234567/0831234567", "two numbers and a slash"),
        RecipientCase("a1b2c3", "a1b2c3", "digits among letters"),
        RecipientCase("27821234567\u{301}", "27821234567\u{301}", "a combining mark on a digit"),
        RecipientCase("tel:tel:tel:27821234567", "27821234567", "a scheme several times"),
        RecipientCase("mailto:%ff%zz", "%ff%zz", "percent-encoding that cannot be decoded"),
        RecipientCase(
            String(repeating: "9", count: 320),
            String(repeating: "9", count: 320),
            "as many digits as a destination can have"
        ),
        RecipientCase(
            "\u{200d}" + String(repeating: "\u{200b}", count: 319) + "27821234567",
            "27821234567",
            "a number behind invisible characters"
        ),
        RecipientCase(
            String(repeating: "\u{32a}", count: 320),
            String(repeating: "\u{32a}", count: 320),
            "combining marks without a letter"
        ),
    ]

    static let all = international + separators + digits + national + texts + schemes + emails + hostile
}
