/// A window of the browser with cookies and a cache of its own, in which one page is open after the other.
///
/// A new window takes Chromium a second of processor time, a new page in it a seventh of that.
final class BrowserContext: Sendable {
    let id: String
    private let devTools: DevTools
    /// Of the empty page that keeps the window open.
    private let session: String

    /// Opens a window.
    ///
    /// - Throws: where Chromium does not answer.
    init(_ devTools: DevTools) throws {
        self.devTools = devTools
        id = try devTools.call("Target.createBrowserContext")["browserContextId"].plainText
        let permissions: JSON = ["clipboardReadWrite", "clipboardSanitizedWrite"]
        try devTools.call("Browser.grantPermissions", ["permissions": permissions, "browserContextId": .string(id)])
        let target = try Self.newTarget(in: id, devTools)
        session = try devTools.call("Target.attachToTarget", ["targetId": target, "flatten": true])["sessionId"]
            .plainText
    }

    /// Opens an empty page in the window.
    ///
    /// - Returns: the id of its target.
    func newTarget() throws -> JSON { try Self.newTarget(in: id, devTools) }

    private static func newTarget(in context: String, _ devTools: DevTools) throws -> JSON {
        let parameters: JSON = ["url": "about:blank", "browserContextId": .string(context)]
        return try devTools.call("Target.createTarget", parameters)["targetId"]
    }

    /// Forgets what the pages before left behind.
    ///
    /// Pages of the console store nothing but cookies; what a page keeps for its session goes with the page.
    func clear() throws {
        try devTools.call("Storage.clearCookies", ["browserContextId": .string(id)])
        try devTools.call("Network.clearBrowserCache", session: session)
    }
}
