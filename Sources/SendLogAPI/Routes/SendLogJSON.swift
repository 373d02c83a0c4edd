import SendLogContent
import SendLogCore

/// Renders send logs from their records, which are stored as JSON.
enum SendLogJSON {
    /// Returns the envelope of one send log with its number of destinations.
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

    /// Writes a send log with its whole list of destinations.
    func write(
        _ record: ArraySlice<UInt8>,
        sequence: SequenceNumber,
        destinations: Int,
        to stream: inout ResponseStream
    ) async throws {
        try await stream.write { bytes in
            bytes.append(contentsOf: record)
            bytes.append(",\"destinations\":[")
        }
        stream.reserveCapacity(destinations: destinations)
        var (listed, chunk) = (0, 0)
        while listed < destinations {
            let chunkCount = try await store.destinations(of: sequence, from: chunk, limit: 1, in: organisation) {
                (chunk) throws(StoreError) in
                try stream.gather(chunk)
                listed += chunk.count
            }
            try await stream.sendGathered()
            chunk += chunkCount
            if chunkCount == 0 { throw StoreError.corrupted(detail: "a list of destinations is truncated") }
        }
        try await stream.write { $0.append("]}") }
    }
}

extension DestinationFormat {
    private static let name = "group_destinations"

    /// Parses the parameter `group_destinations` of a query string.
    ///
    /// - Throws: ``InvalidInput`` for an unknown value.
    init(query: Substring?) throws(InvalidInput) {
        self = .count
        var isGiven = false
        for pair in (query ?? "").split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts[0] == Self.name else {
                // Ignore unknown parameters, but not a misspelt name: it would silently select the other format.
                let nearest = NearestName.to(String(parts[0]), among: [Self.name])
                guard nearest == nil else {
                    throw InvalidInput(
                        path: String(parts[0].prefix(64)),
                        "is not a known parameter; did you mean \"\(Self.name)\"?"
                    )
                }
                continue
            }
            if isGiven { throw InvalidInput(path: Self.name, "must be given only once") }
            guard parts.count == 2, let form = DestinationFormat(rawValue: String(parts[1])) else {
                throw InvalidInput(path: Self.name, "must be count or list")
            }
            self = form
            isGiven = true
        }
    }
}
