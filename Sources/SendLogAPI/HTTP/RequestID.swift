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
        if let given, Self.isSane(given) { return given }
        let number = base &+ count.wrappingAdd(1, ordering: .relaxed).newValue &* 0x9e37_79b9_7f4a_7c15
        return String(unsafeUninitializedCapacity: 16) { digits in
            for index in 0..<16 {
                let digit = UInt8(truncatingIfNeeded: number >> UInt64(60 - 4 * index)) & 0xf
                digits[index] = digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10
            }
            return 16
        }
    }

    private static func isSane(_ id: String) -> Bool {
        (1...128).contains(id.utf8.count)
            && id.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
                    true
                default: false
                }
            }
    }
}
