import Synchronization

/// A generator of the `_id` of send logs that come without one: 24 lowercase hex digits, time first.
///
/// The layout is that of a MongoDB ObjectId, which clients of this API know: 4 bytes of seconds since 1970, 5 random
/// bytes that are constant for a generator, 3 bytes of a counter that starts at a random value
/// (<https://www.mongodb.com/docs/manual/reference/bson-types/#objectid>).
public final class SendLogIDSource: Sendable {
    private let machine: UInt64
    private let counter: Mutex<UInt32>

    /// Creates a generator whose random parts come from `generator`.
    public init(using generator: inout some RandomNumberGenerator) {
        machine = UInt64.random(in: 0..<(1 << 40), using: &generator)
        counter = Mutex(UInt32.random(in: 0..<(1 << 24), using: &generator))
    }

    /// Creates a generator with the system's secure random number generator.
    public convenience init() {
        var generator = SystemRandomNumberGenerator()
        self.init(using: &generator)
    }

    /// Returns the next ID, whose first eight digits are the seconds of `now`.
    public func next(at now: Timestamp) -> SendLogID {
        let count = counter.withLock { value in
            value = (value + 1) & 0xff_ffff
            return value
        }
        let seconds = UInt32(truncatingIfNeeded: now.milliseconds / 1000)
        var digits: [UInt8] = []
        digits.reserveCapacity(24)
        digits.appendHex(UInt64(seconds), digits: 8)
        digits.appendHex(machine, digits: 10)
        digits.appendHex(UInt64(count), digits: 6)
        guard let id = digits.withUnsafeBufferPointer({ SendLogID(utf8: $0) }) else {
            preconditionFailure("24 hex digits are a valid id")
        }
        return id
    }
}
