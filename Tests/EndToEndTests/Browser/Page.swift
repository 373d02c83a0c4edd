/// A page in a separate browser context.
///
/// The extensions hold its methods, one topic each.
final class Page: Sendable {
    let browser: Browser
    let console = PageConsole()
    let loads = PageLoads()
    let traffic = PageTraffic()
    let dialogs = PageDialogs()
    private let window: BrowserContext
    private let target: JSON
    private let session: String

    /// The ID of its browser context.
    var context: String { window.id }

    /// Opens an empty page and records its events from the beginning.
    ///
    /// - Throws: if Chromium does not respond.
    init(in browser: Browser) throws {
        self.browser = browser
        let devTools = browser.devTools
        window = try browser.acquireContext()
        target = try window.newTarget()
        session = try devTools.call("Target.attachToTarget", ["targetId": target, "flatten": true])["sessionId"]
            .plainText
        observe(session)
        for domain in ["Page", "Runtime", "Network", "Log", "Inspector"] { try call("\(domain).enable") }
        try call("Page.setLifecycleEventsEnabled", ["enabled": true])
        try call("Target.setAutoAttach", Self.attachingAll)
    }

    deinit {
        browser.devTools.listen(to: session, nil)
        // The next page can use the window once this one is closed.
        if (try? browser.devTools.call("Target.closeTarget", ["targetId": target])) != nil { browser.release(window) }
    }

    /// Sends a command for the page and waits for the response.
    ///
    /// - Returns: the result in the response.
    /// - Throws: the error in the response, or a `TestFailure` if there is no response in time.
    @discardableResult func call(_ method: String, _ parameters: JSON = [:], atMost seconds: Double = 60) throws -> JSON
    {
        try browser.devTools.call(method, parameters, session: session, atMost: seconds)
    }

    private static let attachingAll: JSON = ["autoAttach": true, "waitForDebuggerOnStart": true, "flatten": true]

    private func observe(_ session: String) {
        let (console, loads, traffic, dialogs) = (console, loads, traffic, dialogs)
        let devTools = browser.devTools
        Self.listen(devTools, session, console, traffic) { [weak devTools] event, parameters in
            loads.receive(event, parameters)
            guard let accept = dialogs.receive(event, parameters) else { return }
            devTools?.post("Page.handleJavaScriptDialog", ["accept": .bool(accept)], session: session)
        }
    }

    /// Listens to a session and to the sessions of its frames and workers.
    ///
    /// Frames and workers start only once this listens to them, so that no request is missed.
    private static func listen(
        _ devTools: DevTools,
        _ session: String,
        _ console: PageConsole,
        _ traffic: PageTraffic,
        also listener: DevTools.Listener? = nil
    ) {
        devTools.listen(to: session) { [weak devTools] event, parameters in
            console.receive(event, parameters)
            traffic.receive(event, parameters)
            listener?(event, parameters)
            guard let devTools, let other = parameters["sessionId"].string else { return }
            if event == "Target.attachedToTarget" {
                listen(devTools, other, console, traffic)
                for domain in ["Network", "Runtime", "Log"] {
                    devTools.post("\(domain).enable", session: other)
                }
                devTools.post("Target.setAutoAttach", attachingAll, session: other)
                devTools.post("Runtime.runIfWaitingForDebugger", session: other)
            } else if event == "Target.detachedFromTarget" {
                devTools.listen(to: other, nil)
            }
        }
    }
}
