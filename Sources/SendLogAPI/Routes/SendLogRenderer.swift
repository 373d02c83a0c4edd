import SendLogContent
import SendLogCore

/// Writes send logs with their lists of destinations to a response stream, and reads the lists chunk by chunk.
struct SendLogRenderer {
    let store: any LogReader
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
        var list = DestinationReader(store, of: sequence, destinations: destinations, in: organisation)
        while try await list.next({ (chunk, _) throws(StoreError) in try stream.append(chunk) }) {
            try await stream.flushIfFull()
        }
        try await stream.write { $0.append("]}") }
    }
}
