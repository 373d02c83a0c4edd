import TestSupport

extension Page {
    /// Navigates to an address and waits for the load event.
    ///
    /// - Throws: if there is no response in time. A response with an error status does not throw.
    func go(to url: String, atMost seconds: Double = 60) throws {
        let former = loads.current
        let response = try call("Page.navigate", ["url": .string(url)], atMost: seconds)
        if let error = response["errorText"].string { throw TestFailure("cannot go to \(url): \(error)") }
        // Without a loader the navigation stayed in the same document.
        guard response["loaderId"] != .null else { return }
        try waitForLoad(after: former, atMost: seconds, "after going to \(url)")
    }

    /// Reloads the page.
    func reload(atMost seconds: Double = 60) throws {
        try loading(atMost: seconds) { try call("Page.reload") }
    }

    /// Goes back in the history to another document.
    func goBack(atMost seconds: Double = 60) throws {
        let history = try call("Page.getNavigationHistory")
        let entry = history["entries"][(history["currentIndex"].integer ?? 0) - 1]
        guard entry != .null else { throw TestFailure("there is nothing to go back to from \(try url)") }
        try loading(atMost: seconds) { try call("Page.navigateToHistoryEntry", ["entryId": entry["id"]]) }
    }

    /// Runs an action and waits until the next document is loaded.
    ///
    /// A navigation in the same document, or an address that a script sets, loads no document: use `wait` for them.
    ///
    /// - Throws: if no document is loaded in time.
    func loading(atMost seconds: Double = 60, _ action: () throws -> Void) throws {
        let former = loads.current
        try action()
        try waitForLoad(after: former, atMost: seconds, "after an action")
    }

    /// Waits until a condition is true.
    ///
    /// - Parameters:
    ///   - what: the end of the sentence "timed out waiting for…"
    ///   - seconds: how long to wait
    ///   - condition: the condition, checked repeatedly; an error counts as false
    /// - Throws: a `TestFailure` after the timeout.
    func wait(for what: String, atMost seconds: Double = 60, until condition: () throws -> Bool) throws {
        var failure: (any Error)?
        let happened = Deadline.poll(for: seconds) {
            do {
                failure = nil
                return try condition()
            } catch {
                // A document that is being replaced cannot be evaluated.
                failure = error
                return false
            }
        }
        guard !happened else { return }
        let reason = failure.map { " (\($0))" } ?? ""
        throw TestFailure("timed out after \(seconds) s waiting for \(what) in \((try? url) ?? "the page")\(reason)")
    }

    /// Waits until a selector matches a visible element.
    ///
    /// - Throws: a `TestFailure` after the timeout.
    func wait(for selector: String, atMost seconds: Double = 60) throws {
        try wait(for: "\"\(selector)\" to be visible", atMost: seconds) { try isVisible(selector) }
    }

    private func waitForLoad(after former: String?, atMost seconds: Double, _ when: String) throws {
        do { try loads.wait(after: former, atMost: seconds) } catch {
            throw TestFailure("\(error) \(when); the page is \((try? url) ?? "unknown")")
        }
    }
}
