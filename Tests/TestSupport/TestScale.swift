import Foundation

/// How many rounds the tests run.
///
/// `make test` checks each behaviour with the fewest rounds that can break it. `make soak`, which sets
/// `SENDLOG_TEST_SOAK`, searches for rare failures.
public enum TestScale {
    /// Whether the tests run the full counts.
    public static let isSoak = ProcessInfo.processInfo.environment["SENDLOG_TEST_SOAK"] == "1"

    /// How often a program is killed.
    public static let kills = count(2, soak: 20)

    /// - Returns: the number of rounds.
    public static func count(_ usual: Int, soak: Int) -> Int { isSoak ? soak : usual }
}
