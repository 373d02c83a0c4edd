import NIOHTTP1
import SendLogContent
import SendLogCore

/// Writes send logs with their lists of destinations to a response stream, and reads the lists chunk by chunk.
struct SendLogRenderer {
    let store: any LogReader
    let organisation: OrganisationID

    /// Writes a send log with its whole list of destinations, unless it was deleted meanwhile.
    ///
    /// - Returns: whether the log was written; otherwise nothing was.
    /// - Throws: ``StoreError``; the errors of the stream.
    @discardableResult
    func write(
        _ record: ArraySlice<UInt8>,
        sequence: SequenceNumber,
        destinations: Int,
        prefix: StaticString = "",
        suffix: StaticString = "",
        to stream: inout ResponseStream
    ) async throws -> Bool {
        func begin(_ stream: inout ResponseStream) {
            stream.append { bytes in
                bytes.append(prefix)
                bytes.append(contentsOf: record)
                bytes.append(",\"destinations\":[")
            }
            stream.reserveCapacity(destinations: destinations)
        }
        var list = DestinationReader(
            store,
            of: sequence,
            destinations: destinations,
            in: organisation,
            batch: stream.chunksPerPiece
        )
        if destinations == 0 { begin(&stream) }
        var isBegun = destinations == 0
        do {
            while try await list.next(
                while: { !stream.isLong },
                { (chunk, first) throws(StoreError) in
                    if first == 0 { begin(&stream) }
                    isBegun = true
                    try stream.append(chunk)
                }
            ) {
                try await stream.flushIfFull()
            }
        } catch StoreError.notFound {
            // Nothing of a deleted log is sent; one that is deleted while it is sent breaks the response.
            guard isBegun else { return false }
            throw StoreError.notFound
        }
        try await stream.write { bytes in
            bytes.append("]}")
            bytes.append(suffix)
        }
        return true
    }
}

extension Response {
    /// Returns the response of one send log with its number of destinations.
    static func sendLog(
        _ log: StoredSendLog,
        for input: RouteInput,
        status: HTTPResponseStatus = .ok
    ) -> Response {
        .success(for: input, status: status, reserving: log.record.count + 64) { bytes in
            bytes.append(contentsOf: log.record)
            bytes.append(",\"destinations\":")
            bytes.appendDecimal(log.destinations)
            bytes.append("}")
        }
    }
}
