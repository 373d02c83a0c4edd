/// The reason for which a server did not start or stopped, for the operator.
public struct ServiceFailure: Error, CustomStringConvertible {
    /// The description of the failure.
    public let description: String
}
