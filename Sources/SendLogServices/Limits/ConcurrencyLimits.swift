/// The limits of concurrent requests that hold memory for as long as their clients take, in total and per organisation.
public struct ConcurrencyLimits: Equatable, Sendable {
    /// The maximum number of streamed responses.
    public var streams: (total: Int, perOrganisation: Int) = (1000, 100)
    /// The maximum number of imports, and of send logs and lists to compare that are too long to be read at once.
    public var uploads: (total: Int, perOrganisation: Int) = (128, 32)

    /// Creates the default limits.
    public init() {}

    /// Returns whether two values are equal.
    public static func == (left: ConcurrencyLimits, right: ConcurrencyLimits) -> Bool {
        left.streams == right.streams && left.uploads == right.uploads
    }
}
