import GRDB
import SendLogCore
import Testing

@testable import SendLogSQLite

/// Counts every row, and expects the counters and the head rows to match and SQLite's integrity check to pass.
func expectSoundCounters(of store: SQLiteStore) async throws {
    try await store.writer.queue.read { database in
        func rows(_ sql: String) throws -> [[Int]] {
            try Row.fetchAll(database, sql: sql).map { row in row.databaseValues.map { Int.fromDatabaseValue($0) ?? -1 }
            }
        }
        for (owner, table) in [("organisation", "organisation_days"), ("campaign", "campaign_days")] {
            let counters = try rows("SELECT \(owner), day, block, sends, destinations FROM \(table) ORDER BY 1, 2, 3")
            let counted = try rows(
                """
                SELECT \(owner), (start - (start % 86400000 + 86400000) % 86400000) / 86400000,
                    ((place & ((1 << 40) - 1)) - 1) / \(CounterBlock.size), count(*), sum(destinations)
                FROM send_logs GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
                """
            )
            #expect(counters == counted, "\(table)")
        }
        let heads = try rows("SELECT id, sequence, destinations FROM organisations WHERE sequence > 0 ORDER BY 1")
        let counted = try rows(
            """
            SELECT organisation, max(place) & ((1 << 40) - 1), sum(destinations)
            FROM send_logs GROUP BY 1 HAVING count(*) = (max(place) & ((1 << 40) - 1)) ORDER BY 1
            """
        )
        #expect(heads == counted, "counts and sums must match the stored send logs")
        let chunks = try rows("SELECT place, sum(count) FROM destination_chunks GROUP BY 1 ORDER BY 1")
        let lists = try rows("SELECT place, destinations FROM send_logs WHERE destinations > 0 ORDER BY 1")
        #expect(chunks == lists, "lists must have the recorded number of destinations")
        let orphans = try rows("SELECT number FROM campaigns WHERE number NOT IN (SELECT campaign FROM send_logs)")
        #expect(orphans == [], "campaigns must have a send")
        #expect(try String.fetchAll(database, sql: "PRAGMA integrity_check") == ["ok"])
    }
}
