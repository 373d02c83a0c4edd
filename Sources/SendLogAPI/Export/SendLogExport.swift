package import SendLogCore
package import SendLogHTTP

/// The whole result of a search as a file, written while it is read: neither its length nor that of a list costs memory.
package struct SendLogExport: Sendable {
    let store: any SendLogStore
    let organisation: OrganisationID
    let search: SendLogSearch
    let format: Format
    let form: DestinationForm

    /// What a file may be.
    package enum Format: String, Sendable, CaseIterable {
        /// A line of names, then a line a send log; see ``CSV``.
        case csv
        /// A send log a line, as JSON (<https://github.com/ndjson/ndjson-spec>).
        case ndjson

        var mediaType: String {
            switch self {
            case .csv: "text/csv; charset=utf-8; header=present"
            case .ndjson: "application/x-ndjson"
            }
        }
    }

    /// Makes an export.
    ///
    /// - Parameters:
    ///   - store: where the logs are
    ///   - organisation: whose they are
    ///   - search: what is wanted; its skip and limit are those of a page, and an export has none
    ///   - format: what the file is to be
    ///   - form: whether destinations are counted or, in NDJSON, listed
    package init(
        store: any SendLogStore,
        organisation: OrganisationID,
        search: SendLogSearch,
        format: Format,
        form: DestinationForm
    ) {
        self.store = store
        self.organisation = organisation
        self.format = format
        self.form = form
        var search = search
        (search.skip, search.limit) = (0, .max)
        search.isStreamed = form == .list
        self.search = search
    }

    /// The file, of which nothing is sent before the store answered.
    ///
    /// - Throws: what the store throws.
    package func answer(to request: HTTPRequest) async throws -> Answer {
        let first = try await store.search(search, in: organisation)
        let rows = Handover(first.rows)
        let produce: Answer.Producer = { stream in
            if format == .csv {
                try await stream.write { bytes in
                    bytes.append("_id,campaign_id,message,triggeredBy,startDeliveryAt,destinations")
                    bytes.append(CSV.lineEnd)
                }
            }
            var block = rows.take() ?? RowBlock()
            while true {
                let rest = block.rest
                if form == .list {
                    try await writeLists(block, to: &stream)
                } else {
                    try gather(block, in: &stream)
                    // Not to be held while a client does not read.
                    block = RowBlock()
                    try await stream.sendGathered()
                }
                guard let rest else { break }
                block = try await store.rows(rest, in: organisation)
            }
        }
        var answer =
            form == .count
            ? Answer(type: format.mediaType, produce: produce)
            : Answer(listsFor: request, type: format.mediaType, produce: produce)
        answer.fields.append(("Content-Disposition", "attachment; filename=\"send-logs.\(format.rawValue)\""))
        answer.fields += [("Cache-Control", "no-store"), ("X-Content-Type-Options", "nosniff")]
        answer.fields.append(("X-Sendlog-Total", String(first.total)))
        answer.fields.append(("X-Sendlog-As-Of", String(first.asOf.number)))
        return answer
    }

    private func writeLists(_ block: RowBlock, to stream: inout AnswerStream) async throws {
        let lister = DestinationLister(store: store, organisation: organisation)
        for row in block.rows {
            try await lister.write(
                block.text[row.record],
                sequence: row.sequence,
                destinations: row.destinations,
                to: &stream
            )
            try await stream.write { $0.append("\n") }
        }
    }

    private func gather(_ block: RowBlock, in stream: inout AnswerStream) throws(StoreError) {
        var isSound = true
        stream.gather { bytes in
            bytes.reserveCapacity(block.text.count + block.rows.count * 16)
            block.text.withUnsafeBufferPointer { text in
                for row in block.rows {
                    let record = UnsafeBufferPointer(rebasing: text[row.record])
                    switch format {
                    case .csv: isSound = Self.appendCSV(record, row.destinations, to: &bytes) && isSound
                    case .ndjson:
                        bytes.append(contentsOf: record)
                        bytes.append(",\"destinations\":")
                        bytes.appendDecimal(row.destinations)
                        bytes.append("}\n")
                    }
                }
            }
        }
        if !isSound { throw StoreError.damaged(detail: "a record lacks fields") }
    }

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
            text.appendText(ofJSON: field)
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
