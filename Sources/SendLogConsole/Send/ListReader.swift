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

        /// Calls a closure with each destination, JSON-escaped, until it returns false.
        ///
        /// - Throws: ``StoreError/corrupted(detail:)``.
        func scan(_ body: (UnsafeBufferPointer<UInt8>) -> Bool) throws(StoreError) {
            let isValid = text.withUnsafeBufferPointer { DestinationListJSON.forEach(in: $0, body) }
            if !isValid { throw .corrupted(detail: "a chunk is not a valid part of a list") }
        }
    }

    private var reader: DestinationReader
    private var slice = TimeSlice()

    /// Creates a reader at the beginning of a send's list.
    init(store: any LogReader, organisation: OrganisationID, log: StoredSendLog) {
        reader = DestinationReader(store, of: log.sequence, destinations: log.destinations, in: organisation)
    }

    /// Reads the next piece.
    ///
    /// Its text has up to 128 KB, so do not keep it longer than needed.
    ///
    /// - Parameter skips: returns whether to skip a piece without reading it, given the position of its first
    ///   destination and its number of destinations
    /// - Returns: the piece, or `nil` at the end of the list.
    /// - Throws: ``StoreError``.
    mutating func next(skips: (_ first: Int, _ count: Int) -> Bool = { _, _ in false }) async throws -> Piece? {
        var (piece, isAtEnd): (Piece?, Bool) = (nil, false)
        while piece == nil, !isAtEnd {
            await slice.yieldIfOver()
            isAtEnd = try await !reader.next { (chunk, first) throws(StoreError) in
                if skips(first, chunk.count) { return }
                guard let text = chunk.copy.text() else { throw .corrupted(detail: "a chunk cannot be decompressed") }
                piece = Piece(text: text, first: first)
            }
        }
        return piece
    }
}
