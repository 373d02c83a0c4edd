import Synchronization
import TestSupport

/// The documents of a page, and which of them are loaded.
final class PageLoads: Sendable {
    private struct State {
        var current: String?
        var unreachable: String?
        var loaded: Set<String> = []
        var hasCrashed = false
    }

    private let state = Mutex(State())

    /// The ID of the current document's loader.
    var current: String? { state.withLock { $0.current } }

    /// Records an event of a load.
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

    /// Waits until a document other than a former one is loaded.
    ///
    /// - Throws: if that takes too long, or if the document cannot be reached.
    func wait(after former: String?, atMost seconds: Double) throws {
        let isLoaded = Deadline.poll(for: seconds) {
            state.withLock { state in
                state.hasCrashed || state.current != former && state.current.map(state.loaded.contains) == true
            }
        }
        let now = state.withLock { $0 }
        if now.hasCrashed { throw TestFailure("the page has crashed") }
        guard isLoaded else {
            let what = now.current == former ? "no other document loaded" : "the new document did not load fully"
            throw TestFailure("\(what) within \(seconds) s")
        }
        if let unreachable = now.unreachable { throw TestFailure("\(unreachable) cannot be reached") }
    }
}
