import SendLogContent
package import SendLogCore
import Testing

/// A whole page, joined from its blocks.
struct WholePage: Equatable {
    var total: Int
    var asOf: SequenceNumber
    var rows: [Row] = []
    var blocks = 0

    struct Row: Equatable {
        let sequence: SequenceNumber
        let record: [UInt8]
        let destinations: Int
    }

    /// The sequence numbers of the rows.
    var sequences: [Int] { rows.map { Int($0.sequence.number) } }

    mutating func append(_ block: RowBlock) {
        var text: [UInt8] = []
        for row in block.rows {
            let record = Array(block.text[row.record])
            rows.append(Row(sequence: row.sequence, record: record, destinations: row.destinations))
            if !text.isEmpty { text.append(UInt8(ascii: ",")) }
            text += record + Array(",\"destinations\":\(row.destinations)}".utf8)
        }
        #expect(block.text == text, "the text of a block must be that of its rows")
        blocks += 1
    }
}

extension LogReader {
    /// Searches, and reads all blocks of the page.
    func page(_ search: SendLogSearch, in organisation: OrganisationID) async throws -> WholePage {
        let result = try await self.search(search, in: organisation)
        var page = WholePage(total: result.total, asOf: result.asOf)
        page.append(result.rows)
        var rest = result.rows.rest
        while let next = rest {
            let block = try await rows(next, in: organisation)
            // A store that returns empty blocks would make the check loop forever.
            try #require(!block.rows.isEmpty, "a block that the previous one announced must have rows")
            page.append(block)
            rest = block.rest
        }
        return page
    }

    /// The sequence numbers of the page of a search; checks their number against the total.
    func find(
        _ search: SendLogSearch,
        in organisation: OrganisationID
    ) async throws -> [Int] {
        let page = try await page(search, in: organisation)
        #expect(page.rows.count == min(search.limit, max(page.total - search.skip, 0)))
        return page.sequences
    }

    /// Deletes logs.
    ///
    /// - Returns: the number of deleted logs.
    func delete(_ sequences: [Int], in organisation: OrganisationID) async throws -> Int {
        let deleter = try #require(self as? any SendLogDeleter)
        return try await deleter.deleteSendLogs(sequences.map { SequenceNumber(Int64($0)) }, in: organisation)
    }

    /// All chunks of a list.
    func chunks(
        of sequence: SequenceNumber,
        in organisation: OrganisationID
    ) async throws -> [DestinationChunk] {
        var chunks: [DestinationChunk] = []
        while true {
            let next = try await self.chunks(of: sequence, from: chunks.count, in: organisation)
            if next.isEmpty { return chunks }
            chunks += next
        }
    }

    /// At most four chunks of a list; none at its end.
    func chunks(
        of sequence: SequenceNumber,
        from first: Int,
        in organisation: OrganisationID
    ) async throws -> [DestinationChunk] {
        var chunks: [DestinationChunk] = []
        let count = try await destinations(of: sequence, from: first, limit: 4, in: organisation) {
            chunks.append($0.copy)
            return true
        }
        #expect(chunks.count == count)
        return chunks
    }

    /// The content of a list's JSON array, as it is stored.
    func listText(
        of sequence: SequenceNumber,
        in organisation: OrganisationID
    ) async throws -> [UInt8] {
        var text: [UInt8] = []
        for chunk in try await chunks(of: sequence, in: organisation) {
            #expect(chunk.verifiedText() != nil)
            text += try #require(chunk.text())
        }
        return text
    }
}

extension LogWriter {
    /// Records one log.
    func record(_ log: PreparedSendLog, in organisation: OrganisationID) async throws -> RecordingOutcome {
        let outcomes = try await record([log], in: organisation)
        try #require(outcomes.count == 1)
        return outcomes[0]
    }
}

extension RecordingOutcome {
    /// The log, if this call recorded it.
    var recorded: StoredSendLog? { if case .recorded(let log) = self { log } else { nil } }

    /// The log, if it had been recorded before.
    var existing: StoredSendLog? { if case .existing(let log) = self { log } else { nil } }

    /// The names of the fields that differ, if the log is in conflict with a stored one.
    package var conflict: [String]? { if case .conflict(let fields) = self { fields } else { nil } }
}
