/// A window of the browser with separate cookies and cache, in which one page is open at a time.
///
/// A new window costs Chromium a second of processor time, a new page in the window a seventh of that.
final class BrowserContext: Sendable {
    let id: String
    private let devTools: DevTools
    /// The session of the empty page that keeps the window open.
    private let session: String

    /// Opens a window.
    ///
    /// - Throws: if Chromium does not respond.
    init(_ devTools: DevTools) throws {
        self.devTools = devTools
        id = try devTools.call("Target.createBrowserContext")["browserContextId"].plainText
        let permissions: JSON = ["clipboardReadWrite", "clipboardSanitizedWrite"]
        try devTools.call("Browser.grantPermissions", ["permissions": permissions, "browserContextId": .string(id)])
        let target = try Self.newTarget(in: id, devTools)
        session = try devTools.call("Target.attachToTarget", ["targetId": target, "flatten": true])["sessionId"]
            .plainText
    }

    /// Opens an empty page in the window and returns the ID of its target.
    func newTarget() throws -> JSON { try Self.newTarget(in: id, devTools) }

    private static func newTarget(in context: String, _ devTools: DevTools) throws -> JSON {
        let parameters: JSON = ["url": "about:blank", "browserContextId": .string(context)]
        return try devTools.call("Target.createTarget", parameters)["targetId"]
    }

    /// Clears the cookies and the cache of earlier pages.
    ///
    /// Pages of the console store nothing but cookies; session storage ends with the page.
    func clear() throws {
        try devTools.call("Storage.clearCookies", ["browserContextId": .string(id)])
        try devTools.call("Network.clearBrowserCache", session: session)
    }
}
