import Synchronization

/// The dialogs of a page's scripts (`alert`, `confirm`, `beforeunload`), which are closed at once.
final class PageDialogs: Sendable {
    private struct State {
        var isAccepting = true
        var messages: [String] = []
    }

    private let state = Mutex(State())

    /// The messages of the dialogs so far.
    var messages: [String] { state.withLock { $0.messages } }

    /// Whether dialogs are accepted from now on, or else dismissed.
    var isAccepting: Bool {
        get { state.withLock { $0.isAccepting } }
        set { state.withLock { $0.isAccepting = newValue } }
    }

    /// Records the dialog of an event.
    ///
    /// - Returns: whether to accept the dialog, or `nil` if the event is none.
    func receive(_ event: String, _ parameters: JSON) -> Bool? {
        guard event == "Page.javascriptDialogOpening" else { return nil }
        return state.withLock {
            $0.messages.append(parameters["message"].plainText)
            return $0.isAccepting
        }
    }
}
