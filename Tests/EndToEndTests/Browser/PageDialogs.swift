import Synchronization

/// The dialogs of a page's scripts (`alert`, `confirm`, leaving the page), which are answered at once.
final class PageDialogs: Sendable {
    private struct State {
        var isAccepting = true
        var messages: [String] = []
    }

    private let state = Mutex(State())

    /// What the dialogs said so far.
    var messages: [String] { state.withLock { $0.messages } }

    /// Whether they are answered with yes from now on.
    var isAccepting: Bool {
        get { state.withLock { $0.isAccepting } }
        set { state.withLock { $0.isAccepting = newValue } }
    }

    /// Takes note of an event.
    ///
    /// - Returns: how to answer, where the event is a dialog.
    func receive(_ event: String, _ parameters: JSON) -> Bool? {
        guard event == "Page.javascriptDialogOpening" else { return nil }
        return state.withLock {
            $0.messages.append(parameters["message"].plainText)
            return $0.isAccepting
        }
    }
}
