import SendLogContent
import SendLogCore
import SendLogScheduling

/// Reads a send's list of destinations piece by piece, in flat memory.
struct ListReader {
    /// A piece of the list.
    struct Piece {
        /// See ``ListText``.
        let text: [UInt8]
        /// The place of its first destination in the list, from 0.
        let first: Int
    }

    private let store: any SendLogStore
    private let organisation: OrganisationID
    private let log: StoredSendLog
    private var listed = 0
    private var chunk = 0
    private var slice = TimeSlice()

    /// Starts at the beginning of a send's list.
    init(store: any SendLogStore, organisation: OrganisationID, log: StoredSendLog) {
        (self.store, self.organisation, self.log) = (store, organisation, log)
    }

    /// Reads the next piece, whose text has up to 128 KB: hold it no longer than needed.
    ///
    /// - Parameter skips: says, of the position of a piece's first destination and their count, whether it is skipped unread
    /// - Returns: the piece, or `nil` at the end of the list.
    /// - Throws: ``StoreError``.
    mutating func next(
        skips: (_ first: Int, _ count: Int) -> Bool = { _, _ in false }
    ) async throws -> Piece? {
        while listed < log.destinations {
            await slice.yieldIfOver()
            var (piece, place): (Piece?, Int) = (nil, listed)
            let lent = try await store.destinations(of: log.sequence, from: chunk, most: 1, in: organisation) {
                chunk throws(StoreError) in
                if !skips(place, chunk.count) {
                    guard let text = chunk.copy.text() else { throw .damaged(detail: "a chunk cannot be expanded") }
                    piece = Piece(text: text, first: place)
                }
                place += chunk.count
            }
            if lent == 0 { throw StoreError.damaged(detail: "a list of destinations is cut short") }
            listed = place
            chunk += lent
            if let piece { return piece }
        }
        return nil
    }
}
