import Foundation
import Glibc

/// The time at which a wait ends.
package struct Deadline {
    private let end: ContinuousClock.Instant

    package init(after seconds: Double) {
        end = .now + .seconds(seconds)
    }

    package var isOver: Bool { .now >= end }

    /// Polls a condition until it is true, and blocks the thread meanwhile.
    ///
    /// - Parameters:
    ///   - seconds: the timeout
    ///   - microseconds: the interval between two polls
    ///   - condition: the condition
    /// - Returns: whether it became true in time.
    package static func poll(
        for seconds: Double,
        every microseconds: UInt32 = 5000,
        until condition: () throws -> Bool
    ) rethrows -> Bool {
        let deadline = Deadline(after: seconds)
        while !deadline.isOver {
            if try condition() { return true }
            usleep(microseconds)
        }
        return try condition()
    }

    /// Polls a condition until it is true, and suspends the task meanwhile.
    ///
    /// It is not called `poll`: Swift would choose the blocking overload in a task as well.
    ///
    /// - Returns: whether it became true in time.
    /// - Throws: an error of the condition; `CancellationError`.
    package static func wait(for seconds: Double, until condition: () async throws -> Bool) async throws -> Bool {
        let deadline = Deadline(after: seconds)
        while !deadline.isOver {
            if try await condition() { return true }
            try await Task.sleep(for: .milliseconds(5))
        }
        return try await condition()
    }
}

/// Why a test could not run.
package struct TestFailure: Error, CustomStringConvertible {
    package let description: String

    package init(_ description: String) {
        self.description = description
    }

    /// The failure of a system call, with the text of `errno`.
    package static func system(_ call: String) -> TestFailure {
        let code = errno
        return TestFailure("\(call): \(String(cString: strerror(code)))")
    }
}
