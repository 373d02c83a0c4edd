/// Text for commands that a user pastes into a shell.
public enum ShellText {
    /// Returns a text in single quotes, which a shell reads as one word.
    public static func quoted(_ text: String) -> String { "'\(text.replacing("'", with: #"'\''"#))'" }

    /// Returns a text that a shell reads as one word: in quotes only if it needs them.
    public static func word(_ text: String) -> String {
        let isPlain = !text.isEmpty && text.utf8.allSatisfy { $0.isASCIIAlphanumeric || "-._/:@+,".utf8.contains($0) }
        return isPlain ? text : quoted(text)
    }
}
