import SendLogContent
import SendLogCore

/// Writes send logs with their lists of destinations to a response stream, and reads the lists chunk by chunk.
struct SendLogWriter {
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
                try stream.append(chunk)
                listed += chunk.count
            }
            try await stream.flushIfFull()
            chunk += chunkCount
            if chunkCount == 0 { throw StoreError.corrupted(detail: "a list of destinations is truncated") }
        }
        try await stream.write { $0.append("]}") }
    }
}
