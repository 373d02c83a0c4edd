/// The format of log lines.
public enum LogFormat: String, Sendable {
    /// `2026-01-31T23:59:59.999Z info message key=value`
    case text
    /// One JSON object per line.
    case json
}
