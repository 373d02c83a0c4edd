import SendLogCore

/// The result of an import.
public struct ImportReport: Equatable, Sendable {
    /// The number of send logs that this import recorded; all are durable.
    public internal(set) var recorded = 0
    /// The number of send logs that were recorded before with the same content.
    public internal(set) var existing = 0
    /// The number of rejected lines.
    public internal(set) var failed = 0
    /// The first rejected lines, at most ``maxErrors``, in the order of the lines.
    public internal(set) var errors: [LineError] = []

    /// The maximum number of rejected lines that are reported individually.
    public static let maxErrors = 100

    /// The reason why a line was rejected.
    public struct LineError: Equatable, Sendable {
        /// The line number, from 1.
        public let line: Int
        /// The API's error code.
        public let code: String
        /// The error message for people.
        public let message: String
    }

    mutating func fail(line: Int, code: String, message: String) {
        failed += 1
        // Conflicts are found a batch later than parse errors, so errors do not arrive in the order of the lines.
        let index = errors.lastIndex { $0.line < line }.map { $0 + 1 } ?? 0
        guard index < Self.maxErrors else { return }
        errors.insert(LineError(line: line, code: code, message: message), at: index)
        if errors.count > Self.maxErrors { errors.removeLast() }
    }
}
