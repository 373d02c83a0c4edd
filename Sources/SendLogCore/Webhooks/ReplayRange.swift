/// A range of past send logs that a webhook delivers again, because a user requested it.
public struct ReplayRange: Equatable, Sendable {
    /// The ID of the request, whose ranges differ in ``after`` if there are several.
    public let id: SendLogID
    /// Which send logs of the range are delivered.
    public let kind: Kind
    /// The sequence number after which the range begins.
    public let after: SequenceNumber
    /// The sequence number of the last send log of the range.
    public let through: SequenceNumber
    /// The last sequence number whose delivery was made due, or that was passed over.
    public var position: SequenceNumber

    /// Which send logs of a range are delivered.
    public enum Kind: String, Sendable, CaseIterable {
        /// Those whose delivery has failed.
        case failed
        /// All that match the webhook's campaigns.
        case all
    }

    /// The maximum number of ranges of a webhook.
    public static let maxPerWebhook = 10

    /// Creates a range; without a position, nothing of it was delivered yet.
    public init(
        id: SendLogID,
        kind: Kind,
        after: SequenceNumber,
        through: SequenceNumber,
        position: SequenceNumber? = nil
    ) {
        (self.id, self.kind, self.after, self.through) = (id, kind, after, through)
        self.position = position ?? after
    }

    /// Whether every delivery of the range was made due.
    public var isFinished: Bool { position >= through }

    /// Returns the range in a database copy whose newest send log is an earlier one; `nil` if nothing of it is there.
    ///
    /// A copy has no failed deliveries.
    func clipped(to head: SequenceNumber) -> ReplayRange? {
        guard kind == .all, position < head else { return nil }
        return ReplayRange(id: id, kind: kind, after: after, through: min(through, head), position: position)
    }
}

extension [ReplayRange] {
    /// Returns the ranges with the progress that a worker reports, without those that are finished.
    ///
    /// A range that a user has added meanwhile stays as it is; one that a user has cancelled does not return.
    func advanced(by reported: [ReplayRange]) -> [ReplayRange] {
        compactMap { range in
            var range = range
            if let other = reported.first(where: { $0.id == range.id && $0.after == range.after }) {
                range.position = Swift.max(range.position, other.position)
            }
            return range.isFinished ? nil : range
        }
    }
}

extension ReplayRange: JSONWritable {
    package func writeJSON(to bytes: inout [UInt8]) {
        bytes.append("{")
        bytes.appendMember("_id", id.text)
        bytes.appendMember("kind", kind.rawValue)
        bytes.appendMember("after", Int(after.number))
        bytes.appendMember("through", Int(through.number))
        bytes.appendMember("position", Int(position.number))
        bytes.append("}")
    }

    /// Returns the stored format of ranges, such as `61f0a1b2c3d4e5f607182930:failed:100:200:150`: the ID, the kind, the
    /// beginning, the end and the position, with a space between two ranges.
    public static func stored(_ ranges: [ReplayRange]) -> String {
        ranges.map { range in
            let numbers = [range.after, range.through, range.position].map { "\($0.number)" }
            return ([range.id.text, range.kind.rawValue] + numbers).joined(separator: ":")
        }
        .joined(separator: " ")
    }

    /// Parses stored ranges.
    ///
    /// - Throws: ``StoreError/corrupted(detail:)``.
    public static func read(stored text: String) throws(StoreError) -> [ReplayRange] {
        var ranges: [ReplayRange] = []
        for part in text.split(separator: " ") {
            let fields = part.split(separator: ":", omittingEmptySubsequences: false)
            guard fields.count == 5, let id = SendLogID(String(fields[0])),
                let kind = Kind(rawValue: String(fields[1])),
                let after = Int64(fields[2]), let through = Int64(fields[3]), let position = Int64(fields[4])
            else { throw .corrupted(detail: "the replays of a webhook are malformed") }
            ranges.append(
                ReplayRange(
                    id: id,
                    kind: kind,
                    after: try StoredNumber.sequence(after),
                    through: try StoredNumber.sequence(through),
                    position: try StoredNumber.sequence(position)
                )
            )
        }
        return ranges
    }
}
