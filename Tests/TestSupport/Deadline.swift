import Foundation
import Glibc

/// A moment after which nothing is waited for any longer.
package struct Deadline {
    private let end: ContinuousClock.Instant

    package init(after seconds: Double) {
        end = .now + .seconds(seconds)
    }

    package var isOver: Bool { .now >= end }

    /// Asks again and again until the answer is yes.
    ///
    /// - Returns: whether it became yes in time.
    package static func poll(for seconds: Double, until isSo: () throws -> Bool) rethrows -> Bool {
        let deadline = Deadline(after: seconds)
        while !deadline.isOver {
            if try isSo() { return true }
            usleep(5000)
        }
        return try isSo()
    }
}

/// Why a test could not do what it wanted.
package struct TestFailure: Error, CustomStringConvertible {
    package let description: String

    package init(_ description: String) {
        self.description = description
    }

    /// Names a system call that failed just now.
    package static func system(_ call: String) -> TestFailure {
        let code = errno
        return TestFailure("\(call): \(String(cString: strerror(code)))")
    }
}
