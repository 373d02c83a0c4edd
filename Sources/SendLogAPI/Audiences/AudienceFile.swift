import SendLogCore

/// A file of recipients: the list of a comparison.
struct AudienceFile: Sendable {
    let format: SendLogExport.Format

    /// Appends what comes before the recipients.
    func begin(_ bytes: inout [UInt8]) {
        guard format == .csv else { return }
        bytes.append("recipient")
        bytes.append(CSV.lineEnd)
    }

    /// Appends the line of a recipient, given in its normal form.
    func append(_ key: [UInt8], to bytes: inout [UInt8]) {
        key.withUnsafeBufferPointer { key in
            switch format {
            case .csv:
                CSV.append(key, to: &bytes)
                bytes.append(CSV.lineEnd)
            case .ndjson:
                bytes.append("{\"recipient\":")
                bytes.appendJSON(utf8: key)
                bytes.append("}\n")
            }
        }
    }

    /// Returns the file as a response.
    func response(_ text: ResponseSpool, total: Int, asOf: SequenceNumber) -> Response {
        var response = Response(type: format.mediaType) { try await text.send(to: &$0) }
        response.fields = format.fields(file: "recipients", total: total, asOf: asOf)
        response.event = .fileExported("recipients.\(format.rawValue)", rows: total)
        return response
    }
}
