import Foundation

/// How much the tests do.
///
/// `make test` holds each behaviour with as few rounds as can break it; `make soak`, which sets `SENDLOG_TEST_SOAK`, looks for
/// what breaks rarely.
public enum TestScale {
    /// Whether the full counts are wanted.
    public static let isSoak = ProcessInfo.processInfo.environment["SENDLOG_TEST_SOAK"] == "1"

    /// How often a program is killed.
    public static let kills = count(2, soak: 20)

    /// - Returns: how often to do something.
    public static func count(_ usual: Int, soak: Int) -> Int { isSoak ? soak : usual }
}
