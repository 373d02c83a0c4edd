/// The ID of a delivery within its webhook: the send's sequence number and, for a test, the time of the test.
public struct DeliveryID: Hashable, Sendable, CustomStringConvertible {
    /// The send's sequence number; 0 for the sample send.
    public let sequence: SequenceNumber
    /// The time of the test in milliseconds since 1970; `nil` if the delivery is not a test.
    public let test: Int64?

    /// Creates an ID.
    public init(_ sequence: SequenceNumber, test: Int64? = nil) {
        (self.sequence, self.test) = (sequence, test)
    }

    /// Creates an ID from its stored numbers; `test` is 0 for a delivery that is not a test.
    public init(storedSequence sequence: Int64, test: Int64) {
        self.init(SequenceNumber(sequence), test: test == 0 ? nil : test)
    }

    /// The stored number of the test; 0 if the delivery is not a test.
    public var storedTest: Int64 { test ?? 0 }

    /// An ID after those of all deliveries.
    public static let last = DeliveryID(SequenceNumber(.max), test: .max)

    /// Parses an ID in the format of ``description``; `nil` if the text has another format.
    public init?(_ text: String) {
        let parts = text.split(separator: "-t", maxSplits: 1, omittingEmptySubsequences: false)
        guard let number = parts.first.flatMap({ Int64($0) }), number >= 0 else { return nil }
        sequence = SequenceNumber(number)
        test = parts.count > 1 ? Int64(parts[1]) : nil
        guard description == text else { return nil }
    }

    /// The ID as text, such as `1042`, or `1042-t1643155200000` for a test.
    public var description: String { test.map { "\(sequence.number)-t\($0)" } ?? "\(sequence.number)" }
}
