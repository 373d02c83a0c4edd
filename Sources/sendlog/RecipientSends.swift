import SendLogCore
import SendLogRecipients

/// The sends to a recipient, for the command line.
struct RecipientSends: Encodable {
    /// The normal form of the recipient.
    let recipient: String
    /// The forms that were searched for; see ``RecipientQuery/searched``.
    let searched: [String]
    /// The number of sends.
    let sends: Int
    /// When the first send and the last one started.
    let first, last: String?
    /// The newest sends.
    private(set) var list: [Send] = []

    /// A send to the recipient.
    struct Send: Encodable {
        let id: String
        let campaign: String
        let start: String
        let triggeredBy: String

        /// Reads a record; `nil` if it is malformed.
        init?(record: UnsafeBufferPointer<UInt8>) {
            guard let fields = RecordFields(record) else { return nil }
            func text(_ field: UnsafeBufferPointer<UInt8>) -> String {
                var bytes: [UInt8] = []
                bytes.appendUnescaped(field)
                return String(decoding: bytes, as: UTF8.self)
            }
            (id, campaign) = (text(fields.id), text(fields.campaignID))
            (start, triggeredBy) = (text(fields.startDeliveryAt), text(fields.triggeredBy))
        }
    }

    /// Finds the sends of an organisation, and reads the newest ones.
    ///
    /// - Throws: ``RecipientIndexBehind``; ``StoreError``.
    init(
        to query: RecipientQuery,
        in organisation: OrganisationID,
        of store: some LogReader & RecipientIndexStore,
        limit: Int
    ) async throws {
        let found = try await RecipientLookup([query], in: store).run(asOf: nil, in: organisation)
        func sends(limit: Int, _ order: SortOrder) async throws -> (total: Int, sends: [Send]) {
            var search = SendLogSearch(limit: limit, order: order, asOf: found.asOf)
            search.found = found.sequences
            let result = try await store.search(search, in: organisation)
            var sends = try Self.sends(of: result.rows)
            var rest = result.rows.rest
            while let next = rest {
                let block = try await store.rows(next, in: organisation)
                sends += try Self.sends(of: block)
                rest = block.rest
            }
            return (result.total, sends)
        }
        (recipient, searched) = (query.key.text, query.searched)
        first = try await sends(limit: 1, .oldestFirst).sends.first?.start
        let newest = try await sends(limit: max(1, limit), .newestFirst)
        (self.sends, last) = (newest.total, newest.sends.first?.start)
        list = limit > 0 ? newest.sends : []
    }

    private static func sends(of block: RowBlock) throws(StoreError) -> [Send] {
        let sends = block.text.withUnsafeBufferPointer { text in
            block.rows.map { Send(record: UnsafeBufferPointer(rebasing: text[$0.record])) }
        }
        if sends.contains(where: { $0 == nil }) { throw .corrupted(detail: "a record is malformed") }
        return sends.compactMap(\.self)
    }
}
