import Synchronization

extension Page {
    /// Does something that copies a text, and reads that from the clipboard.
    ///
    /// A browser has one clipboard for all its pages, so only one test at a time does this.
    ///
    /// - Returns: what was copied.
    /// - Throws: where nothing was in time.
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
