import SendLogCore
import SendLogRecipients

/// The recipient index, which follows the log: recording and deleting send logs does not change it.
struct RecipientIndexData: DerivedData {
    func add(_: LogChange<Int64>) {}

    func write(on _: Connection) {}

    /// The number of buckets and of chunks that are read at a time.
    private static let limit = 256

    static func findings(on database: Connection) throws -> [String] {
        var findings = try rowFindings(on: database)
        let query = try Query(
            "SELECT organisation FROM recipient_indexes UNION SELECT organisation FROM recipient_segments",
            on: database
        )
        while try query.step(), findings.count < CheckFinding.maxOfKind {
            let organisation = OrganisationID(query.integer(0))
            let fault: String?
            do { fault = try Self.fault(of: organisation, on: database) } catch StoreError.corrupted(let detail) {
                fault = "cannot be read: \(detail)"
            } catch StoreError.notFound { fault = "belongs to no organisation" }
            if let fault { findings.append(CheckFinding.recipientIndex(of: organisation.number, fault)) }
        }
        return findings
    }

    /// Compares the rows of indexes, segments and buckets with each other.
    private static func rowFindings(on database: Connection) throws -> [String] {
        var findings: [String] = []
        let segments = try Query(
            """
            SELECT DISTINCT s.organisation FROM recipient_segments s
            LEFT JOIN recipient_indexes i ON i.organisation = s.organisation WHERE s.id >= ifnull(i.next_segment, 0)
            """,
            on: database
        )
        while try segments.step(), findings.count < CheckFinding.maxOfKind {
            let fault = "has segments whose ID would be used again"
            findings.append(CheckFinding.recipientIndex(of: segments.integer(0), fault))
        }
        let buckets = try Query(
            """
            SELECT organisation, count(*) FROM recipient_buckets b
            WHERE NOT EXISTS (SELECT 1 FROM recipient_segments s WHERE s.organisation = b.organisation AND s.id = b.segment)
            GROUP BY organisation
            """,
            on: database
        )
        while try buckets.step(), findings.count < CheckFinding.maxOfKind {
            let fault = "has \(buckets.integer(1)) buckets that belong to no segment"
            findings.append(CheckFinding.recipientIndex(of: buckets.integer(0), fault))
        }
        return findings
    }

    private static func fault(of organisation: OrganisationID, on database: Connection) throws -> String? {
        let index = try RecipientRows.index(of: organisation, on: database)
        let first = SequenceNumber(1)
        let all = index.through < first ? nil : first...index.through
        let recorded = try all.map { try SQLiteStore.recordedRanges(in: $0, of: organisation, on: database) } ?? []
        return try RecipientIndexCheck(index, recorded: recorded).fault(
            buckets: { segment, position in
                try RecipientRows.buckets(of: segment.id, after: position, limit: limit, in: organisation, on: database)
            },
            chunks: { position, take in
                try RecipientRows.chunks(from: position, limit: limit, in: organisation, on: database, take)
            }
        )
    }
}
