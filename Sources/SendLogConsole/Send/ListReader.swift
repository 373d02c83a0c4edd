import SendLogContent
import SendLogCore
import SendLogScheduling

/// Reads a send's destinations in pieces, with constant memory.
struct ListReader {
    /// A piece of the list.
    struct Piece {
        /// The destinations in the format of ``DestinationListJSON``.
        let text: [UInt8]
        /// The position of the first destination in the list, from 0.
        let first: Int
    }

    private let store: any SendLogStore
    private let organisation: OrganisationID
    private let log: StoredSendLog
    private var listed = 0
    private var chunk = 0
    private var slice = TimeSlice()

    /// Creates a reader at the beginning of a send's list.
    init(store: any SendLogStore, organisation: OrganisationID, log: StoredSendLog) {
        (self.store, self.organisation, self.log) = (store, organisation, log)
    }

    /// Reads the next piece.
    ///
    /// Its text has up to 128 KB, so do not keep it longer than needed.
    ///
    /// - Parameter skips: returns whether to skip a piece without reading it, given the position of its first
    ///   destination and its number of destinations
    /// - Returns: the piece, or `nil` at the end of the list.
    /// - Throws: ``StoreError``.
    mutating func next(
        skips: (_ first: Int, _ count: Int) -> Bool = { _, _ in false }
    ) async throws -> Piece? {
        while listed < log.destinations {
            await slice.yieldIfOver()
            var (piece, index): (Piece?, Int) = (nil, listed)
            let chunkCount = try await store.destinations(of: log.sequence, from: chunk, limit: 1, in: organisation) {
                chunk throws(StoreError) in
                if !skips(index, chunk.count) {
                    guard let text = chunk.copy.text() else {
                        throw .corrupted(detail: "a chunk cannot be decompressed")
                    }
                    piece = Piece(text: text, first: index)
                }
                index += chunk.count
            }
            if chunkCount == 0 { throw StoreError.corrupted(detail: "a list of destinations is incomplete") }
            listed = index
            chunk += chunkCount
            if let piece { return piece }
        }
        return nil
    }
}
