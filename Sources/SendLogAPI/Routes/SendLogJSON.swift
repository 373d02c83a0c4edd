import SendLogContent
import SendLogCore

/// Renders send logs from the records that were rendered when they were recorded.
enum SendLogJSON {
    /// The envelope of one log with its number of destinations.
    static func envelope(_ log: StoredSendLog) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(log.record.count + 64)
        bytes.append("{\"ok\":true,\"data\":")
        bytes.append(contentsOf: log.record)
        bytes.append(",\"destinations\":")
        bytes.appendDecimal(log.destinations)
        bytes.append("}}")
        return bytes
    }
}

/// Reads a list of destinations chunk by chunk while it is sent.
struct DestinationLister {
    let store: any SendLogStore
    let organisation: OrganisationID

    /// Writes a log with its whole list.
    func write(
        _ record: ArraySlice<UInt8>,
        sequence: SequenceNumber,
        destinations: Int,
        to stream: inout AnswerStream
    ) async throws {
        try await stream.write { bytes in
            bytes.append(contentsOf: record)
            bytes.append(",\"destinations\":[")
        }
        stream.expect(destinations: destinations)
        var (listed, chunk) = (0, 0)
        while listed < destinations {
            let lent = try await store.destinations(of: sequence, from: chunk, most: 1, in: organisation) {
                (chunk) throws(StoreError) in
                try stream.gather(chunk)
                listed += chunk.count
            }
            try await stream.sendGathered()
            chunk += lent
            if lent == 0 { throw StoreError.damaged(detail: "a list of destinations is cut short") }
        }
        try await stream.write { $0.append("]}") }
    }
}

extension DestinationForm {
    private static let name = "group_destinations"

    /// Reads `group_destinations` of a query string.
    ///
    /// - Throws: ``InvalidInput`` for an unknown value.
    init(query: Substring?) throws(InvalidInput) {
        self = .count
        var isGiven = false
        for pair in (query ?? "").split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts[0] == Self.name else {
                // Foreign parameters are none of ours, but a slip must not answer with the other form.
                let nearest = NearestName.to(String(parts[0]), among: [Self.name])
                guard nearest == nil else {
                    throw InvalidInput(
                        path: String(parts[0].prefix(64)),
                        "is not known; did you mean \"\(Self.name)\"?"
                    )
                }
                continue
            }
            if isGiven { throw InvalidInput(path: Self.name, "stands there more than once") }
            guard parts.count == 2, let form = DestinationForm(rawValue: String(parts[1])) else {
                throw InvalidInput(path: Self.name, "must be count or list")
            }
            self = form
            isGiven = true
        }
    }
}
