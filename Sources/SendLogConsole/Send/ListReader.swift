import SendLogContent
import SendLogCore
import SendLogScheduling

/// Reads a send's list of destinations piece by piece, in flat memory.
struct ListReader {
    let store: any SendLogStore
    let organisation: OrganisationID
    let log: StoredSendLog

    /// Hands over the pieces of the list in order until they are enough.
    ///
    /// - Parameters:
    ///   - skips: says, of the place of a piece's first destination and their count, whether it is passed over unread
    ///   - take: takes the text of a piece, see ``ListText``, the place of its first destination, and how many there are; says whether more
    ///     is wanted
    /// - Throws: ``StoreError``; what `take` throws.
    func forEachPiece(
        skips: (_ first: Int, _ count: Int) -> Bool = { _, _ in false },
        _ take: ([UInt8], _ first: Int, _ count: Int) async throws -> Bool
    ) async throws {
        var (listed, chunk) = (0, 0)
        var slice = TimeSlice()
        while listed < log.destinations {
            var piece: (text: [UInt8], first: Int, count: Int)?
            let lent = try await store.destinations(of: log.sequence, from: chunk, most: 1, in: organisation) {
                chunk throws(StoreError) in
                if !skips(listed, chunk.count) {
                    guard let text = chunk.copy.text() else { throw .damaged(detail: "a chunk cannot be expanded") }
                    piece = (text, listed, chunk.count)
                }
                listed += chunk.count
            }
            if lent == 0 { throw StoreError.damaged(detail: "a list of destinations is cut short") }
            chunk += lent
            await slice.yieldIfOver()
            if let piece, try await !take(piece.text, piece.first, piece.count) { return }
        }
    }
}
