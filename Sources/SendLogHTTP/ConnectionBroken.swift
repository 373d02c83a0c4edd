/// An error for a connection that broke, or received invalid HTTP, before its request or response was complete.
public struct ConnectionBroken: Error {
    /// Creates the error.
    public init() {}
}
