import Foundation
import Glibc

/// A moment after which nothing is waited for any longer.
struct Deadline {
    private let end: ContinuousClock.Instant

    init(after seconds: Double) {
        end = .now + .seconds(seconds)
    }

    var isOver: Bool { .now >= end }

    /// Asks again and again until the answer is yes.
    ///
    /// - Returns: whether it became yes in time.
    static func poll(for seconds: Double, until isSo: () throws -> Bool) rethrows -> Bool {
        let deadline = Deadline(after: seconds)
        while !deadline.isOver {
            if try isSo() { return true }
            usleep(5000)
        }
        return try isSo()
    }
}

/// Why a test could not do what it wanted.
struct TestFailure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }

    /// Names a system call that failed just now.
    static func system(_ call: String) -> TestFailure {
        let code = errno
        return TestFailure("\(call): \(String(cString: strerror(code)))")
    }
}
