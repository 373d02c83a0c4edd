import SendLogAPI
import SendLogCore
import SendLogHTTP

/// A download of a send's destinations, streamed while the list is read.
struct ListDownload: Sendable {
    let store: any LogReader
    let organisation: OrganisationID
    let log: StoredSendLog
    let format: Format

    /// The format of the file.
    enum Format: String {
        /// A header line, then one destination per line; see ``CSV``.
        case csv
        /// One JSON string per line.
        case ndjson
        /// One JSON array.
        case json

        var mediaType: String {
            switch self {
            case .csv: "text/csv; charset=utf-8; header=present"
            case .ndjson: "application/x-ndjson"
            case .json: "application/json"
            }
        }
    }

    func response(named name: String) -> Response {
        var response = Response(type: format.mediaType) { stream in
            var reader = ListReader(store: store, organisation: organisation, log: log)
            switch format {
            case .json: stream.append(Array("[".utf8))
            case .csv: stream.append(Array("destination\r\n".utf8))
            case .ndjson: break
            }
            while try await appendNext(from: &reader, in: &stream) { try await stream.flushIfFull() }
            if format == .json { stream.append(Array("]\n".utf8)) }
        }
        response.event = .fileExported(
            "destinations.\(format.rawValue)",
            rows: log.destinations,
            of: log.sequence
        )
        response.fields.append(("Content-Disposition", "attachment; filename=\"\(name)\""))
        response.fields += [("Cache-Control", "no-store"), ("X-Content-Type-Options", "nosniff")]
        return response
    }

    /// Writes the next piece of the list to the stream; no piece is kept in memory afterwards.
    ///
    /// - Returns: false at the end of the list.
    private func appendNext(from reader: inout ListReader, in stream: inout ResponseStream) async throws -> Bool {
        guard let piece = try await reader.next() else { return false }
        stream.append(format == .json ? piece.text : try lines(piece))
        return true
    }

    private func lines(_ piece: ListReader.Piece) throws -> [UInt8] {
        var (lines, plain): ([UInt8], [UInt8]) = ([], [])
        lines.reserveCapacity(piece.text.count * 5 / 4)
        try piece.scan { destination in
            if format == .ndjson {
                lines.append("\"")
                lines.append(contentsOf: destination)
                lines.append("\"\n")
            } else {
                plain.removeAll(keepingCapacity: true)
                plain.appendUnescaped(destination)
                plain.withUnsafeBufferPointer { CSV.append($0, to: &lines) }
                lines.append(CSV.lineEnd)
            }
            return true
        }
        return lines
    }
}
