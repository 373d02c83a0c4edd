import SendLogCore

/// The path of the page to open after signing in or choosing a time zone, which comes from the browser.
enum ReturnPath {
    /// Returns the path if it is valid, and otherwise the start page.
    ///
    /// Only pages of the console are accepted, without characters that could end the header line.
    static func valid(_ text: String?) -> String {
        guard let text, text.hasPrefix("/console/"), !text.hasPrefix("/console/sign-"), !text.contains("/.."),
            text.utf8.allSatisfy({ $0.isVisibleASCII && $0 != UInt8(ascii: "\\") })
        else { return "/console" }
        return text
    }
}
