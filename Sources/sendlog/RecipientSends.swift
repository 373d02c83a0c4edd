import SendLogCore
import SendLogRecipients
import SendLogServices

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

        /// Reads the fields of a record.
        init(_ fields: RecordFields) {
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
        var search = SendLogSearch(limit: limit, asOf: found.asOf)
        search.found = found.sequences
        (recipient, searched) = (query.key.text, query.searched)
        let summary = try await RecipientSummary(of: search, in: organisation, from: store)
        (sends, first, last) = (summary.sends, summary.first?.description, summary.last?.description)
        if limit == 0 { return }
        var list: [Send] = []
        try await SendsReader(store, in: organisation).forEach(search) { fields, _ in
            list.append(Send(fields))
            return true
        }
        self.list = list
    }
}
