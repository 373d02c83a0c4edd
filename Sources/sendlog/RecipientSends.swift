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
    let total: Int
    /// The number of those that may be to another person.
    let doubtful: Int
    /// When the first send and the last one started.
    let first, last: String?
    /// The newest sends.
    private(set) var list: [Send] = []

    /// The names of the fields are those of the API.
    private enum CodingKeys: String, CodingKey {
        case recipient, searched, total, doubtful, first, last
        case list = "send_logs"
    }

    /// A send to the recipient.
    struct Send: Encodable {
        let id: String
        let campaign: String
        let start: String
        let triggeredBy: String
        /// Whether it may be to another person.
        let doubtful: Bool

        private enum CodingKeys: String, CodingKey {
            case id = "_id"
            case campaign = "campaign_id"
            case start = "startDeliveryAt"
            case triggeredBy, doubtful
        }

        /// Reads the fields of a record.
        init(_ fields: RecordFields, doubtful: Bool) {
            func text(_ field: UnsafeBufferPointer<UInt8>) -> String {
                var bytes: [UInt8] = []
                bytes.appendUnescaped(field)
                return String(decoding: bytes, as: UTF8.self)
            }
            (id, campaign) = (text(fields.id), text(fields.campaignID))
            (start, triggeredBy) = (text(fields.startDeliveryAt), text(fields.triggeredBy))
            self.doubtful = doubtful
        }
    }

    /// Finds the sends of an organisation, and reads the newest ones.
    ///
    /// - Throws: ``RecipientIndexBehind``; ``TooManySends``; ``StoreError``.
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
        let (reader, doubtful) = (SendsReader(store, in: organisation), Set(found.doubtful))
        self.doubtful = try await reader.count(of: doubtful, in: search)
        let summary = try await RecipientSummary(of: search, in: organisation, from: store)
        (total, first, last) = (summary.sends, summary.first?.description, summary.last?.description)
        if limit == 0 { return }
        var list: [Send] = []
        try await reader.forEach(search) { fields, row in
            list.append(Send(fields, doubtful: doubtful.contains(row.sequence.number)))
            return true
        }
        self.list = list
    }
}
