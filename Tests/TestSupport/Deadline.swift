import Foundation
import Glibc

/// A moment after which nothing is waited for any longer.
package struct Deadline {
    private let end: ContinuousClock.Instant

    package init(after seconds: Double) {
        end = .now + .seconds(seconds)
    }

    package var isOver: Bool { .now >= end }

    /// Asks again and again until the answer is yes, on a thread that does nothing else.
    ///
    /// - Parameters:
    ///   - seconds: for how long
    ///   - microseconds: how many lie between two questions
    ///   - condition: the question
    /// - Returns: whether it became yes in time.
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

    /// Asks again and again until the answer is yes, while other tasks have the thread.
    ///
    /// Not called `poll` as well: also where a task asks, Swift would take the one that blocks.
    ///
    /// - Returns: whether it became yes in time.
    /// - Throws: what the question throws; `CancellationError`.
    package static func wait(for seconds: Double, until condition: () async throws -> Bool) async throws -> Bool {
        let deadline = Deadline(after: seconds)
        while !deadline.isOver {
            if try await condition() { return true }
            try await Task.sleep(for: .milliseconds(5))
        }
        return try await condition()
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
