import SendLogCore
import SendLogHTTP

/// The path of the page to open after signing in or choosing a time zone, which comes from the browser.
enum ReturnPath {
    /// Returns the path without the base path if it is valid, and otherwise the start page.
    ///
    /// Only pages of the console are accepted, without characters that could end the header line.
    static func valid(_ text: String?, below basePath: String) -> String {
        guard let text else { return "/console" }
        let path = HTTPRequest.path(text[...], below: basePath) ?? text[...]
        // Browsers also take `%2e` for a point; no page of the console has it in its path.
        guard path.hasPrefix("/console/"), !path.hasPrefix("/console/sign-"), !path.contains("/.."),
            !path.prefix(while: { $0 != "?" }).contains("%"),
            path.utf8.allSatisfy({ $0.isVisibleASCII && $0 != UInt8(ascii: "\\") })
        else { return "/console" }
        return String(path)
    }
}
