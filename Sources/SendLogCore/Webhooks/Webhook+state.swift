extension Webhook {
    /// What a webhook does with new sends.
    public enum State: String, CaseIterable, Sendable {
        /// It delivers them.
        case active
        /// It skips them, because a user deactivated it.
        case inactive
        /// It keeps them until a user resumes it; see ``WebhookProgress/Pause``.
        case paused
        /// It delivers them, but its last attempt failed.
        case failing
    }

    /// The current state.
    public var state: State {
        if !definition.isActive { return .inactive }
        if progress.pause != nil { return .paused }
        return progress.failures > 0 ? .failing : .active
    }
}
