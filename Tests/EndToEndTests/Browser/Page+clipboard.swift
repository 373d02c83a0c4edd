import Synchronization

extension Page {
    /// Runs an action that copies a text, and reads the text from the clipboard.
    ///
    /// A browser has one clipboard for all its pages, so only one test at a time does this.
    ///
    /// - Returns: the copied text.
    /// - Throws: if no text is copied in time.
    func copied(atMost seconds: Double = 30, by action: () throws -> Void) throws -> String {
        try browser.clipboard.withLock { _ in
            try evaluate("navigator.clipboard.writeText('')")
            try action()
            var text = ""
            try wait(for: "a text in the clipboard", atMost: seconds) {
                text = try evaluate("navigator.clipboard.readText()").string ?? ""
                return !text.isEmpty
            }
            return text
        }
    }
}
