import SendLogCore
import Synchronization

/// Generates request IDs, which appear in every response and every log line.
final class RequestIDSource: Sendable {
    private let base = UInt64.random(in: .min ... .max)
    private let count = Atomic<UInt64>(0)

    /// Returns the client's own request ID if it is valid, and otherwise a new one.
    ///
    /// An ID is valid if it has 1 to 128 characters of `A-Z a-z 0-9 . _ -`: such an ID cannot forge a part of a log
    /// line.
    func id(given: String?) -> String {
        if let given, Self.isValid(given) { return given }
        let number = base &+ count.wrappingAdd(1, ordering: .relaxed).newValue &* 0x9e37_79b9_7f4a_7c15
        var digits: [UInt8] = []
        digits.appendHex(number, digits: 16)
        return String(decoding: digits, as: UTF8.self)
    }

    private static func isValid(_ id: String) -> Bool {
        (1...128).contains(id.utf8.count)
            && id.utf8.allSatisfy { $0.isASCIIAlphanumeric || "._-".utf8.contains($0) }
    }
}
