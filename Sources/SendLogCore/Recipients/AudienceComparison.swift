/// A set of recipients: those of send logs, or of a list.
public enum Audience: Equatable, Sendable {
    /// The recipients of one send log.
    case send(SendLogID)
    /// The recipients of all send logs of a search, of which only the campaigns and the times count.
    case sends(SendLogSearch)
    /// The recipients of a list with a number of destinations, which is not kept here.
    case list(count: Int)
}

/// A comparison of two audiences, or a count of one.
public struct AudienceComparison: Equatable, Sendable {
    /// The first audience.
    public let a: Audience
    /// The other audience; `nil` to count the first one alone.
    public let b: Audience?
    /// The snapshot: the newest sequence number that the comparison sees; `nil` for all logs recorded so far.
    public let asOf: SequenceNumber?

    /// Creates a comparison.
    public init(_ a: Audience, _ b: Audience? = nil, asOf: SequenceNumber? = nil) {
        (self.a, self.b, self.asOf) = (a, b, asOf)
    }
}
