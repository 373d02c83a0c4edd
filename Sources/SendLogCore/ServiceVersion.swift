/// Which sendlog this is.
public enum ServiceVersion {
    /// The version, as <https://semver.org> has it.
    public static let current = "0.1.0"
}
