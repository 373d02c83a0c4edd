package import SendLogCore
import SendLogScheduling

/// Reads the recipients of an audience from the lists of its send logs.
package struct AudienceReader: Sendable {
    private let store: any LogReader & RecipientIndexStore
    private let organisation: OrganisationID
    private let asOf: SequenceNumber
    private let isAbandoned: @Sendable () -> Bool

    /// The most that one call of the store reads: send logs, and destinations of those that belong to the audience.
    private static let limit = (sendLogs: 256, destinations: 16_384)
    /// The largest difference of sequence numbers of two send logs that one call reads: those between are read as well.
    private static let maxGap: Int64 = 4
    /// The number of destinations beyond which a list has several chunks.
    private static let chunk = 8192
    /// The number of chunks of a long list that one call reads.
    private static let batch = 2

    /// Creates a reader.
    ///
    /// - Parameters:
    ///   - store: the store
    ///   - organisation: the organisation
    ///   - asOf: the newest sequence number to read
    ///   - isAbandoned: whether the client has disconnected, so that reading ends with a `CancellationError`
    package init(
        _ store: any LogReader & RecipientIndexStore,
        in organisation: OrganisationID,
        asOf: SequenceNumber,
        isAbandoned: @escaping @Sendable () -> Bool = { false }
    ) {
        (self.store, self.organisation, self.asOf, self.isAbandoned) = (store, organisation, asOf, isAbandoned)
    }

    /// Adds the recipients of an audience to a sorter; those of a list are there already.
    ///
    /// A send log that is deleted meanwhile adds all of its recipients, some, or none.
    ///
    /// - Throws: ``StoreError/notFound`` if the audience is a send log that does not exist, or is newer than the
    ///   snapshot; other errors of the store.
    package func add(_ audience: Audience, as side: AudienceSide, to sorter: inout AudienceSorter) async throws {
        switch audience {
        case .send(let id):
            let log = try await store.sendLog(id, in: organisation)
            guard log.sequence <= asOf else { throw StoreError.notFound }
            try await read(log.sequence, log.destinations, as: side, to: &sorter)
        case .sends(var search):
            (search.order, search.skip, search.limit) = (.oldestFirst, 0, .max)
            (search.asOf, search.isStreamed) = (asOf, true)
            var block = try await store.search(search, in: organisation).rows
            while true {
                try await read(block.rows, as: side, to: &sorter)
                guard let rest = block.rest else { break }
                block = try await store.rows(rest, in: organisation)
            }
        case .list: break
        }
    }

    /// Reads the lists of send logs: many short ones with one call, and each long one by itself.
    private func read(_ rows: [RowBlock.Row], as side: AudienceSide, to sorter: inout AudienceSorter) async throws {
        var slice = TimeSlice()
        let rows = rows.filter { $0.destinations > 0 }.sorted { $0.sequence < $1.sequence }
        var begin = 0
        while begin < rows.count {
            let end = Self.end(of: rows, from: begin)
            var rest = rows[begin..<end]
            if rest.count > 1 { rest = try await readShort(rest, as: side, to: &sorter) }
            for row in rest {
                do { try await read(row.sequence, row.destinations, as: side, to: &sorter) } catch StoreError.notFound {
                }
            }
            begin = end
            await slice.yieldIfOver()
        }
    }

    /// Returns the end of the send logs that are read with the one at an index.
    private static func end(of rows: [RowBlock.Row], from begin: Int) -> Int {
        var (end, destinations) = (begin + 1, rows[begin].destinations)
        while end < rows.count, end - begin < limit.sendLogs, rows[end].destinations <= chunk,
            destinations <= limit.destinations - rows[end].destinations,
            rows[end - 1].sequence.distance(to: rows[end].sequence) <= maxGap
        {
            destinations += rows[end].destinations
            end += 1
        }
        return end
    }

    /// Reads the lists of send logs that were recorded one after the other.
    ///
    /// - Returns: the send logs whose lists are not complete yet, because they have several chunks or were deleted.
    private func readShort(
        _ rows: ArraySlice<RowBlock.Row>,
        as side: AudienceSide,
        to sorter: inout AudienceSorter
    ) async throws -> ArraySlice<RowBlock.Row> {
        guard let first = rows.first, let last = rows.last else { return [] }
        var missing = rows.map(\.destinations)
        var index = 0
        var destinations = ChunkDestinations()
        // Most lists have one chunk.
        let chunks = Int(clamping: first.sequence.distance(to: last.sequence) + 1)
        _ = try await store.recordedChunks(from: ChunkPosition(first.sequence), limit: chunks, in: organisation) {
            (sequence, chunk) throws(StoreError) in
            while index < missing.count, rows[rows.startIndex + index].sequence < sequence { index += 1 }
            guard index < missing.count, rows[rows.startIndex + index].sequence == sequence else { return }
            missing[index] -= min(chunk.count, missing[index])
            try destinations.forEachText(of: chunk) { sorter.add($0, to: side) }
        }
        try await finishCall(&sorter)
        return rows.enumerated().filter { missing[$0.offset] > 0 }.map(\.element)[...]
    }

    /// Reads the list of a send log.
    private func read(
        _ sequence: SequenceNumber,
        _ count: Int,
        as side: AudienceSide,
        to sorter: inout AudienceSorter
    ) async throws {
        var list = DestinationReader(store, of: sequence, destinations: count, in: organisation, batch: Self.batch)
        var destinations = ChunkDestinations()
        var slice = TimeSlice()
        while try await list.next({ (chunk, _) throws(StoreError) in
            try destinations.forEachText(of: chunk) { sorter.add($0, to: side) }
        }) {
            try await finishCall(&sorter)
            await slice.yieldIfOver()
        }
    }

    /// Makes room for the next destinations, unless the client has disconnected.
    private func finishCall(_ sorter: inout AudienceSorter) async throws {
        if isAbandoned() { throw CancellationError() }
        try await sorter.spillIfFull()
    }
}
