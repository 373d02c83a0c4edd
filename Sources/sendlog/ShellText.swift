/// Text for commands that a user pastes into a shell.
enum ShellText {
    /// Returns a text in single quotes, which a shell reads as one word.
    static func quoted(_ text: String) -> String { "'\(text.replacing("'", with: #"'\''"#))'" }
}
