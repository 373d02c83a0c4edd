/// A key of a keyboard, as a page's scripts see it.
struct Key: Sendable {
    let name: String
    var code = ""
    var number = 0
    var text = ""

    static let enter = Key(name: "Enter", code: "Enter", number: 13, text: "\r")
    static let tab = Key(name: "Tab", code: "Tab", number: 9)
    static let escape = Key(name: "Escape", code: "Escape", number: 27)
    static let space = Key(name: " ", code: "Space", number: 32, text: " ")
    static let backspace = Key(name: "Backspace", code: "Backspace", number: 8)
    static let delete = Key(name: "Delete", code: "Delete", number: 46)
    static let pageUp = Key(name: "PageUp", code: "PageUp", number: 33)
    static let pageDown = Key(name: "PageDown", code: "PageDown", number: 34)
    static let end = Key(name: "End", code: "End", number: 35)
    static let home = Key(name: "Home", code: "Home", number: 36)
    static let left = Key(name: "ArrowLeft", code: "ArrowLeft", number: 37)
    static let up = Key(name: "ArrowUp", code: "ArrowUp", number: 38)
    static let right = Key(name: "ArrowRight", code: "ArrowRight", number: 39)
    static let down = Key(name: "ArrowDown", code: "ArrowDown", number: 40)

    /// Returns the key that types a character.
    static func character(_ character: Character) -> Key {
        switch character {
        case "\n": return .enter
        case "\t": return .tab
        case " ": return .space
        default: break
        }
        var key = Key(name: String(character), text: String(character))
        // The numbers of other keys depend on the keyboard layout.
        if character.isASCII, let value = character.uppercased().first?.asciiValue {
            if character.isLetter { (key.code, key.number) = ("Key\(character.uppercased())", Int(value)) }
            if character.isNumber { (key.code, key.number) = ("Digit\(character)", Int(value)) }
        }
        return key
    }
}

/// Keys that are held while another is pressed.
struct KeyModifiers: OptionSet, Sendable {
    let rawValue: Int

    static let alt = KeyModifiers(rawValue: 1)
    static let control = KeyModifiers(rawValue: 2)
    static let shift = KeyModifiers(rawValue: 8)
}
