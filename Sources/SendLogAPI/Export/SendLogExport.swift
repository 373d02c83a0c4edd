package import SendLogCore
package import SendLogHTTP

/// The export of a whole search result as a file, streamed while it is read.
///
/// Its memory depends neither on the length of the result nor on the length of a list.
package struct SendLogExport: Sendable {
    let store: any LogReader
    let organisation: OrganisationID
    private(set) var search: SendLogSearch
    let format: Format
    let destinationFormat: DestinationFormat

    /// The format of the file.
    package enum Format: String, Sendable, CaseIterable {
        /// A line with the column names, then one line per send log; see ``CSV``.
        case csv
        /// One line of JSON per send log (<https://github.com/ndjson/ndjson-spec>).
        case ndjson

        /// The media type, for the header field `Content-Type`.
        package var mediaType: String {
            switch self {
            case .csv: "text/csv; charset=utf-8; header=present"
            case .ndjson: "application/x-ndjson"
            }
        }

        /// Parses the parameter `format` of a query string; NDJSON if it is not given.
        ///
        /// - Throws: ``InvalidInput`` for an unknown value.
        init(_ query: QueryString) throws(InvalidInput) {
            guard let name = query["format"] else {
                self = .ndjson
                return
            }
            guard let format = Self(rawValue: name) else { throw InvalidInput(path: "format", "must be csv or ndjson") }
            self = format
        }

        /// Returns the header fields of a file.
        ///
        /// - Parameters:
        ///   - name: the name of the file, without an ending
        ///   - total: the number of its rows; `nil` if it is not known
        ///   - asOf: the snapshot that it comes from; `nil` if it is not known
        /// - Returns: the fields.
        package func fields(file name: String, total: Int? = nil, asOf: SequenceNumber?) -> [ResponseHead.Field] {
            var fields: [ResponseHead.Field] = [
                ("Content-Disposition", "attachment; filename=\"\(name).\(rawValue)\""),
                ("Cache-Control", "no-store"), ("X-Content-Type-Options", "nosniff"),
            ]
            if let total { fields.append(("X-Sendlog-Total", String(total))) }
            if let asOf { fields.append(("X-Sendlog-As-Of", String(asOf.number))) }
            return fields
        }
    }

    /// Creates an export; the skip and limit of the search are ignored, and only NDJSON can list destinations.
    package init(
        store: any LogReader,
        organisation: OrganisationID,
        search: SendLogSearch,
        format: Format,
        destinationFormat: DestinationFormat
    ) {
        (self.store, self.organisation) = (store, organisation)
        (self.format, self.destinationFormat) = (format, destinationFormat)
        var search = search
        (search.skip, search.limit) = (0, .max)
        search.isStreamed = destinationFormat == .list
        self.search = search
    }

    /// Returns the file as a response; nothing is sent before the store returns the first rows.
    ///
    /// - Throws: the error of the store.
    package func response(to request: HTTPRequest) async throws -> Response {
        let first = try await store.search(search, in: organisation)
        let heldLength = first.rows.rest?.heldLength ?? 0
        let rows = SingleUse(first.rows)
        // The rest of the page has the send logs that are left; the response must not hold all that were found as well.
        var export = self
        export.search.found = nil
        let produce: Response.Producer = { [export] in try await export.write(rows, to: &$0) }
        var response =
            destinationFormat == .count
            ? Response(type: format.mediaType, produce: produce)
            : Response(listsFor: request, type: format.mediaType, produce: produce)
        response.fields += format.fields(file: "send-logs", total: first.total, asOf: first.asOf)
        response.heldLength = heldLength
        response.event = .fileExported("send-logs.\(format.rawValue)", rows: first.total)
        return response
    }

    private func write(_ rows: SingleUse<RowBlock>, to stream: inout ResponseStream) async throws {
        if format == .csv {
            try await stream.write { bytes in
                bytes.append("_id,campaign_id,message,triggeredBy,startDeliveryAt,destinations")
                bytes.append(CSV.lineEnd)
            }
        }
        var block = rows.take() ?? RowBlock()
        while true {
            let rest = block.rest
            if destinationFormat == .list {
                try await writeLists(block, to: &stream)
            } else {
                try append(block, in: &stream)
                // Do not hold the block while a client does not read.
                block = RowBlock()
                try await stream.flushIfFull()
            }
            guard let rest else { break }
            block = try await store.rows(rest, in: organisation)
        }
    }

    private func writeLists(_ block: RowBlock, to stream: inout ResponseStream) async throws {
        let renderer = SendLogRenderer(store: store, organisation: organisation)
        for row in block.rows {
            try await renderer.write(
                block.text[row.record],
                sequence: row.sequence,
                destinations: row.destinations,
                suffix: "\n",
                to: &stream
            )
        }
    }

    private func append(_ block: RowBlock, in stream: inout ResponseStream) throws(StoreError) {
        var isValid = true
        stream.append { bytes in
            bytes.reserveCapacity(block.text.count + block.rows.count * 16)
            block.text.withUnsafeBufferPointer { text in
                for row in block.rows {
                    let record = UnsafeBufferPointer(rebasing: text[row.record])
                    switch format {
                    case .csv: isValid = Self.appendCSV(record, row.destinations, to: &bytes) && isValid
                    case .ndjson:
                        bytes.append(contentsOf: record)
                        bytes.append(",\"destinations\":")
                        bytes.appendDecimal(row.destinations)
                        bytes.append("}\n")
                    }
                }
            }
        }
        if !isValid { throw StoreError.corrupted(detail: "a record is malformed") }
    }

    /// Appends a send log as a line of CSV.
    ///
    /// - Returns: whether the record has all its fields.
    private static func appendCSV(
        _ record: UnsafeBufferPointer<UInt8>,
        _ destinations: Int,
        to bytes: inout [UInt8]
    ) -> Bool {
        guard let fields = RecordFields(record) else { return false }
        CSV.append(fields.id, to: &bytes)
        bytes.append(",")
        CSV.append(fields.campaignID, to: &bytes)
        for field in [fields.message, fields.triggeredBy] {
            bytes.append(",")
            var text: [UInt8] = []
            text.appendUnescaped(field)
            text.withUnsafeBufferPointer { CSV.append($0, to: &bytes) }
        }
        bytes.append(",")
        bytes.append(contentsOf: fields.startDeliveryAt)
        bytes.append(",")
        bytes.appendDecimal(destinations)
        bytes.append(CSV.lineEnd)
        return true
    }
}
