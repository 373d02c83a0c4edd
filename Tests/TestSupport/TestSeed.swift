import Foundation

/// The seeds of randomised tests.
public enum TestSeed {
    private static let given = ProcessInfo.processInfo.environment["SENDLOG_TEST_SEED"].flatMap { UInt64($0) }

    /// Chooses a seed, and prints it with the variable that repeats the run.
    ///
    /// - Parameters:
    ///   - test: the name of the test
    ///   - defaultSeed: the seed of each run; `nil` for a random one
    /// - Returns: the value of `SENDLOG_TEST_SEED`, or else the default seed.
    public static func printed(_ test: String, defaultSeed: UInt64? = nil) -> UInt64 {
        let seed = given ?? defaultSeed ?? .random(in: 0...UInt64(UInt32.max))
        print("SENDLOG_TEST_SEED=\(seed) in \"\(test)\"")
        return seed
    }
}

extension SplitMix64 {
    /// Starts the sequence of a test, whose seed is printed; see ``TestSeed/printed(_:defaultSeed:)``.
    package init(defaultSeed seed: UInt64?, test: String = #function) {
        self.init(seed: TestSeed.printed(test, defaultSeed: seed))
    }
}
