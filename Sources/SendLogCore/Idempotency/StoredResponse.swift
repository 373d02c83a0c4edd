/// A response that is kept to be sent again.
public struct StoredResponse: Equatable, Sendable {
    /// The HTTP status, 200 to 499.
    public let status: Int
    /// The value of `Location`; empty for none.
    public let location: String
    /// The JSON of the envelope up to `requestId`, which each response has for itself.
    public let body: [UInt8]

    /// Creates a response.
    public init(status: Int, location: String, body: [UInt8]) {
        (self.status, self.location, self.body) = (status, location, body)
    }
}
