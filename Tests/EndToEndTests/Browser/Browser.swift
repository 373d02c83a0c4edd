import Synchronization
import TestSupport

/// A Chromium in which tests open pages.
///
/// Each page has a separate browser context, so tests can share a browser. All calls block, each with a timeout.
final class Browser: Sendable {
    let devTools: DevTools
    /// The `User-Agent` of its requests.
    let userAgent: String
    /// Locked while a test uses the clipboard, because a browser has only one.
    let clipboard = Mutex(())
    private let process: BrowserProcess
    private let freeContexts = Mutex<[BrowserContext]>([])

    /// Starts Chromium and waits until it responds.
    ///
    /// - Throws: if Chromium is not installed or does not start.
    init() throws {
        process = try BrowserProcess()
        devTools = DevTools(socket: process.socket)
        do {
            let version = try devTools.call("Browser.getVersion", atMost: 60)
            // A Chromium with a window has the same user agent without the prefix "Headless".
            userAgent = version["userAgent"].plainText.replacing("HeadlessChrome", with: "Chrome")
        } catch {
            throw TestFailure("Chromium did not start: \(error); its standard error:\n\(process.errors.suffix(2000))")
        }
    }

    deinit {
        devTools.post("Browser.close")
        process.end(timeout: 3)
    }

    /// Returns an empty window for one page: a released one, or else a new one.
    func acquireContext() throws -> BrowserContext {
        guard let context = freeContexts.withLock({ $0.popLast() }) else { return try BrowserContext(devTools) }
        try context.clear()
        return context
    }

    /// Makes a window whose page is closed available for another page.
    func release(_ context: BrowserContext) {
        freeContexts.withLock { $0.append(context) }
    }

    /// Opens an empty page with separate cookies and cache.
    ///
    /// The page closes when its last reference is released.
    ///
    /// - Parameters:
    ///   - width: the width of the window in CSS pixels
    ///   - height: the height of the window in CSS pixels
    ///   - isPhone: whether to emulate a phone, with touch and with the viewport of `<meta name="viewport">`
    ///   - isDark: whether the user prefers dark colours
    ///   - hasJavaScript: whether scripts of pages run
    ///   - timeZone: the user's time zone, for example `Europe/Berlin`
    ///   - acceptLanguage: the user's languages, for example `de-DE,de`, the preferred one first, without weights
    /// - Returns: the page.
    /// - Throws: if Chromium refuses a parameter, for example an unknown time zone, or does not respond.
    func newPage(
        width: Int = 1280,
        height: Int = 800,
        isPhone: Bool = false,
        isDark: Bool = false,
        hasJavaScript: Bool = true,
        timeZone: String = "UTC",
        acceptLanguage: String = "en-US,en"
    ) throws -> Page {
        let page = try Page(in: self)
        let size: JSON = ["width": .number(Double(width)), "height": .number(Double(height))]
        let metrics: JSON = ["deviceScaleFactor": isPhone ? 2 : 1, "mobile": .bool(isPhone)]
        try page.call(
            "Emulation.setDeviceMetricsOverride",
            .object(size.members.merging(metrics.members) { first, _ in first })
        )
        try page.call("Emulation.setTouchEmulationEnabled", ["enabled": .bool(isPhone)])
        let scheme: JSON = ["name": "prefers-color-scheme", "value": isDark ? "dark" : "light"]
        try page.call("Emulation.setEmulatedMedia", ["features": [scheme]])
        try page.call("Emulation.setScriptExecutionDisabled", ["value": .bool(!hasJavaScript)])
        try page.call("Emulation.setTimezoneOverride", ["timezoneId": .string(timeZone)])
        let phone = userAgent.replacing(#/\([^)]*\)/#, with: "(Linux; Android 10; K)", maxReplacements: 1)
            .replacing("Safari/", with: "Mobile Safari/")
        let agent = isPhone ? phone : userAgent
        try page.call(
            "Emulation.setUserAgentOverride",
            ["userAgent": .string(agent), "acceptLanguage": .string(acceptLanguage)]
        )
        let locale = acceptLanguage.prefix { $0 != "," && $0 != ";" }
        try page.call("Emulation.setLocaleOverride", ["locale": .string(String(locale))])
        // A page in the background has no clipboard and no blinking cursor.
        try page.call("Emulation.setFocusEmulationEnabled", ["enabled": true])
        return page
    }
}
