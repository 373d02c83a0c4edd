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
        var answer = Answer(type: format.mediaType) { stream in
            var reader = ListReader(store: store, organisation: organisation, log: log)
            switch format {
            case .json: stream.gather(Array("[".utf8))
            case .csv: stream.gather(Array("destination\r\n".utf8))
            case .ndjson: break
            }
            while try await gatherNext(from: &reader, in: &stream) { try await stream.sendGathered() }
            if format == .json { stream.gather(Array("]\n".utf8)) }
        }
        answer.fields.append(("Content-Disposition", "attachment; filename=\"\(name)\""))
        answer.fields += [("Cache-Control", "no-store"), ("X-Content-Type-Options", "nosniff")]
        return answer
    }

    /// Gathers the next piece of the list, which is not held while it is sent.
    ///
    /// - Returns: whether there was one.
    private func gatherNext(from reader: inout ListReader, in stream: inout AnswerStream) async throws -> Bool {
        guard let piece = try await reader.next() else { return false }
        stream.gather(format == .json ? piece.text : try lines(piece.text))
        return true
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
