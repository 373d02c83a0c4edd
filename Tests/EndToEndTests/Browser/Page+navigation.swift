import TestSupport

extension Page {
    /// Goes to an address and waits for the load event.
    ///
    /// - Throws: where nothing comes from there, or not in time. An answer with an error status is something.
    func go(to url: String, atMost seconds: Double = 60) throws {
        let former = loads.current
        let answer = try call("Page.navigate", ["url": .string(url)], atMost: seconds)
        if let error = answer["errorText"].string { throw TestFailure("cannot go to \(url): \(error)") }
        // Without a loader it was a place in the same document.
        guard answer["loaderId"] != .null else { return }
        try waitForLoad(after: former, atMost: seconds, "after going to \(url)")
    }

    /// Loads the page again, as its user would.
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

    /// Does something and waits until the document that follows from it is loaded.
    ///
    /// A place in the same document, or an address that a script sets without loading, is none: `wait` for those.
    ///
    /// - Throws: where no document follows in time.
    func loading(atMost seconds: Double = 60, _ action: () throws -> Void) throws {
        let former = loads.current
        try action()
        try waitForLoad(after: former, atMost: seconds, "after an action")
    }

    /// Waits until something is so.
    ///
    /// - Parameters:
    ///   - what: the end of the sentence "in vain waited for…"
    ///   - seconds: how long
    ///   - condition: asked again and again; what it throws counts as no
    /// - Throws: what was waited for in vain.
    func wait(for what: String, atMost seconds: Double = 60, until condition: () throws -> Bool) throws {
        var failure: (any Error)?
        let happened = Deadline.poll(for: seconds) {
            do {
                failure = nil
                return try condition()
            } catch {
                // A document that is just being replaced cannot be asked anything.
                failure = error
                return false
            }
        }
        guard !happened else { return }
        let reason = failure.map { " (\($0))" } ?? ""
        throw TestFailure("in vain waited \(seconds) s for \(what) in \((try? url) ?? "the page")\(reason)")
    }

    /// Waits until a selector matches something that can be seen.
    ///
    /// - Throws: where it does not in time.
    func wait(for selector: String, atMost seconds: Double = 60) throws {
        try wait(for: "\"\(selector)\" to be seen", atMost: seconds) { try isVisible(selector) }
    }

    private func waitForLoad(after former: String?, atMost seconds: Double, _ when: String) throws {
        do { try loads.wait(after: former, atMost: seconds) } catch {
            throw TestFailure("\(error) \(when); the page is \((try? url) ?? "not to be asked")")
        }
    }
}
