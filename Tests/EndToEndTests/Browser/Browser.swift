import Synchronization
import TestSupport

/// A Chromium for tests to open pages in.
///
/// Each page has a browser context for itself, so tests can share a browser. All of it blocks, and nothing waits forever.
final class Browser: Sendable {
    let devTools: DevTools
    /// What it calls itself in requests.
    let userAgent: String
    /// Held while a test looks at the clipboard, of which a browser has but one.
    let clipboard = Mutex(())
    private let process: BrowserProcess
    private let freeContexts = Mutex<[BrowserContext]>([])

    /// Starts Chromium and waits until it answers.
    ///
    /// - Throws: where it is not installed or does not start.
    init() throws {
        process = try BrowserProcess()
        devTools = DevTools(socket: process.socket)
        do {
            let version = try devTools.call("Browser.getVersion", atMost: 60)
            // Chromium with a window has the same name without the prefix.
            userAgent = version["userAgent"].plainText.replacing("HeadlessChrome", with: "Chrome")
        } catch {
            throw TestFailure("Chromium did not start: \(error); its standard error:\n\(process.errors.suffix(2000))")
        }
    }

    deinit {
        devTools.post("Browser.close")
        process.end(timeout: 3)
    }

    /// Hands out a window for one page, empty.
    func acquireContext() throws -> BrowserContext {
        guard let context = freeContexts.withLock({ $0.popLast() }) else { return try BrowserContext(devTools) }
        try context.clear()
        return context
    }

    /// Takes a window back whose page is closed.
    func release(_ context: BrowserContext) {
        freeContexts.withLock { $0.append(context) }
    }

    /// Opens an empty page with cookies and cache of its own.
    ///
    /// It is closed when nobody holds it any longer.
    ///
    /// - Parameters:
    ///   - width: of the window, in CSS pixels
    ///   - height: of the window, in CSS pixels
    ///   - isPhone: whether it is a phone: touched, with its viewport as the page's `<meta name="viewport">` has it
    ///   - isDark: whether its user prefers dark colours
    ///   - hasJavaScript: whether scripts of pages run
    ///   - timeZone: where its user is, as `Europe/Berlin`
    ///   - acceptLanguage: which languages its user wants, as `de-DE,de`, the best first, without weights
    /// - Returns: the page.
    /// - Throws: where Chromium does not know the time zone, say, or does not answer.
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
            .object(size.members.merging(metrics.members) { own, _ in own })
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
        // A page that believes to be in the background has no clipboard and blinks no cursor.
        try page.call("Emulation.setFocusEmulationEnabled", ["enabled": true])
        return page
    }
}
