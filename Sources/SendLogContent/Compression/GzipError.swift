/// An error in gzip data.
public struct GzipError: Error, Equatable, Sendable {
    /// The predicate of a sentence about the data, such as `is not valid gzip: it ends too early`.
    public let message: String

    init(_ problem: String) { message = "is not valid gzip: \(problem)" }
}
