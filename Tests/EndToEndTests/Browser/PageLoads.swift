import Synchronization
import TestSupport

/// Which documents a page's window has shown, and whether they are loaded.
final class PageLoads: Sendable {
    private struct State {
        var current: String?
        var unreachable: String?
        var loaded: Set<String> = []
        var hasCrashed = false
    }

    private let state = Mutex(State())

    /// The loader of the document that is shown.
    var current: String? { state.withLock { $0.current } }

    /// Takes note of an event.
    func receive(_ event: String, _ parameters: JSON) {
        switch event {
        case "Page.frameNavigated" where parameters["frame"]["parentId"] == .null:
            state.withLock {
                $0.current = parameters["frame"]["loaderId"].string
                $0.unreachable = parameters["frame"]["unreachableUrl"].string
            }
        case "Page.lifecycleEvent" where parameters["name"] == "load":
            guard let loader = parameters["loaderId"].string else { return }
            state.withLock { _ = $0.loaded.insert(loader) }
        case "Inspector.targetCrashed":
            state.withLock { $0.hasCrashed = true }
        default:
            break
        }
    }

    /// Waits until another document than a former one is loaded.
    ///
    /// - Throws: where that takes too long, or the document could not be had.
    func wait(after former: String?, atMost seconds: Double) throws {
        let isLoaded = Deadline.poll(for: seconds) {
            state.withLock { state in
                state.hasCrashed || state.current != former && state.current.map(state.loaded.contains) == true
            }
        }
        let now = state.withLock { $0 }
        if now.hasCrashed { throw TestFailure("the page has crashed") }
        guard isLoaded else {
            let what = now.current == former ? "no other document came" : "a document came, but did not load fully,"
            throw TestFailure("\(what) within \(seconds) s")
        }
        if let unreachable = now.unreachable { throw TestFailure("\(unreachable) cannot be reached") }
    }
}
