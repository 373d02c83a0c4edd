/// The version of this service.
public enum ServiceVersion {
    /// The version, in the form of Semantic Versioning (<https://semver.org>).
    public static let current = "0.1.0"
}
