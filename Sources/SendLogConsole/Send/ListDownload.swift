import SendLogAPI
import SendLogCore
import SendLogHTTP

/// A send's list of destinations as a file, written while it is read.
struct ListDownload: Sendable {
    let store: any SendLogStore
    let organisation: OrganisationID
    let log: StoredSendLog
    let format: Format

    /// What the file may be.
    enum Format {
        /// A line with the name, then a line a destination; see ``CSV``.
        case csv
        /// A line a destination, each a JSON string.
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

    func answer(named name: String, to request: HTTPRequest) -> Answer {
        let reader = ListReader(store: store, organisation: organisation, log: log)
        var answer = Answer(type: format.mediaType) { stream in
            switch format {
            case .json:
                try await stream.write(Array("[".utf8))
                try await reader.forEachPiece { text, _, _ in
                    try await stream.write(text)
                    return true
                }
                try await stream.write(Array("]\n".utf8))
            case .csv, .ndjson:
                if format == .csv { try await stream.write(Array("destination\r\n".utf8)) }
                try await reader.forEachPiece { text, _, _ in
                    try await stream.write(try lines(text))
                    return true
                }
            }
        }
        answer.fields.append(("Content-Disposition", "attachment; filename=\"\(name)\""))
        answer.fields += [("Cache-Control", "no-store"), ("X-Content-Type-Options", "nosniff")]
        return answer
    }

    private func lines(_ text: [UInt8]) throws -> [UInt8] {
        var (lines, plain): ([UInt8], [UInt8]) = ([], [])
        lines.reserveCapacity(text.count * 5 / 4)
        let isSound = text.withUnsafeBufferPointer { text in
            ListText.forEach(in: text) { destination in
                if format == .ndjson {
                    lines.append("\"")
                    lines.append(contentsOf: destination)
                    lines.append("\"\n")
                } else {
                    plain.removeAll(keepingCapacity: true)
                    plain.appendText(ofJSON: destination)
                    plain.withUnsafeBufferPointer { CSV.append($0, to: &lines) }
                    lines.append(CSV.lineEnd)
                }
                return true
            }
        }
        if !isSound { throw StoreError.damaged(detail: "a chunk is no piece of a list") }
        return lines
    }
}
