import Glibc

/// Why a server of the tests could not do what was wanted of it.
public struct HarnessFailure: Error, CustomStringConvertible {
    /// What went wrong, with what the failing program said.
    public let description: String

    init(_ description: String) {
        self.description = description
    }

    /// Names a system call that failed just now.
    static func system(_ call: String) -> HarnessFailure {
        let code = errno
        return HarnessFailure("\(call): \(String(cString: strerror(code)))")
    }
}

/// Asks again and again until the answer is yes.
///
/// - Returns: whether it became yes in time.
func poll(for seconds: Double, every microseconds: UInt32 = 2000, until isSo: () throws -> Bool) rethrows -> Bool {
    let end = ContinuousClock.now + .seconds(seconds)
    while .now < end {
        if try isSo() { return true }
        usleep(microseconds)
    }
    return try isSo()
}
