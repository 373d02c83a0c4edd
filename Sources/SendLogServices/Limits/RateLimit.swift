/// The maximum number of requests per organisation and window.
public struct RateLimit: Equatable, Sendable {
    /// The number of requests per window.
    public let requests: Int
    /// The length of the window in seconds.
    public let window: Int

    /// Creates a limit: a number of requests, and a window in seconds.
    public init(requests: Int, window: Int) {
        self.requests = requests
        self.window = window
    }
}
