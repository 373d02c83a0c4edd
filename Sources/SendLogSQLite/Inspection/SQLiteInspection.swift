import GRDB
public import SendLogCore

/// A look at a SQLite file.
public final class SQLiteInspection: DatabaseInspection {
    /// See ``DatabaseInspection/needsMigration``.
    public let needsMigration: Bool

    /// The file, which must stay open until SQLite has closed it; see ``OpenFile``.
    private let file: OpenFile
    private let connection: Connection
    private let timeLimit: StatementTimeLimit

    /// Opens an existing file.
    ///
    /// - Parameters:
    ///   - path: the path of the file
    ///   - lockTimeout: the time to wait for a lock that another process holds, in seconds
    /// - Throws: ``StoreSetupError`` if there is no file, or none that this program can use.
    public init(path: String, lockTimeout: Double) throws(StoreSetupError) {
        let database = DatabaseFile(path: path, lockTimeout: lockTimeout)
        let version: Int
        (file, connection, version) = try database.openForInspection()
        timeLimit = StatementTimeLimit(on: connection)
        needsMigration = version < Schema.version
    }

    /// See ``DatabaseInspection/close()``.
    public func close() { try? connection.close() }

    /// See ``DatabaseInspection/lateWebhooks(at:limit:)``.
    public func lateWebhooks(at now: Timestamp, limit: Int) throws -> [LateWebhook] {
        try look {
            var query = try Query(
                dynamicSQL: """
                    SELECT organisation, id, paused, CASE WHEN failing_since < ?2 THEN failing_since END FROM webhooks w
                    WHERE active = 1 AND (paused IS NOT NULL OR failing_since < ?2 OR \(SQLiteStore.isDelayed))
                    ORDER BY organisation, id LIMIT ?3
                    """,
                on: connection
            )
            let failing = now.advanced(by: -LateWebhook.shortestFailure).milliseconds
            try query.bind(WebhookCounts.latestDelayed(at: now), failing, limit)
            var webhooks: [LateWebhook] = []
            while try query.step() {
                let webhook = LateWebhook(
                    organisation: query.integer(0),
                    id: query.text(1),
                    paused: query.optionalInteger(2),
                    failingSince: query.optionalInteger(3)
                )
                if let webhook { webhooks.append(webhook) }
            }
            return webhooks
        }
    }

    /// See ``DatabaseInspection/unlimitedKeys(limit:)``.
    public func unlimitedKeys(limit: Int) throws -> [(id: APIKeyID, organisation: OrganisationID)] {
        try look {
            var query = try Query(
                """
                SELECT id, organisation FROM api_keys WHERE revoked IS NULL AND expires IS NULL
                    AND ' ' || permissions || ' ' LIKE '% * %' ORDER BY id LIMIT ?
                """,
                on: connection
            )
            try query.bind(limit)
            var keys: [(id: APIKeyID, organisation: OrganisationID)] = []
            while try query.step() { keys.append((APIKeyID(query.integer(0)), OrganisationID(query.integer(1)))) }
            return keys
        }
    }

    /// See ``DatabaseInspection/count(of:after:)``.
    public func count(of kind: StoredTime, after time: Timestamp) throws -> (count: Int64, latest: Int64) {
        try look {
            let (table, column) = kind.column
            var query = try Query(
                dynamicSQL: "SELECT count(*), max(\(column)) FROM \(table) WHERE \(column) > ?",
                on: connection
            )
            try query.bind(time.milliseconds)
            return try query.step() ? (query.integer(0), query.integer(1)) : (0, 0)
        }
    }

    /// See ``DatabaseInspection/sendCount(startingAfter:)``.
    public func sendCount(startingAfter day: Day) throws -> Int64 {
        try look {
            // `total` is a floating-point number, which cannot overflow because of a damaged row.
            var query = try Query("SELECT total(sends) FROM organisation_days WHERE day > ?", on: connection)
            try query.bind(day.number)
            return try query.step() ? query.integer(0) : 0
        }
    }

    /// Returns nothing: a file that lacks tables or indexes is not opened.
    ///
    /// See ``DatabaseInspection/setUpFaults()``.
    public func setUpFaults() -> [String] { [] }

    /// See ``DatabaseInspection/damage()``.
    public func damage() throws -> [String] {
        var look = DamageLook(connection: connection)
        do {
            let parts: [(inout DamageLook) throws -> Void] = [
                { try $0.checkPages() }, { try $0.checkWebhooks() }, { try $0.checkNewestSends() },
            ]
            for part in parts where look.findings.isEmpty {
                _ = try timeLimit.run(atMost: InspectionBounds.seconds) { try part(&look) }
            }
        } catch let error as DatabaseError where error.resultCode == .SQLITE_CORRUPT {
            return look.findings + ["SQLite: \(error.message ?? "the file is damaged")"]
        } catch { throw StoreError(error) }
        return look.findings
    }

    private func look<Result>(_ body: () throws -> Result) throws -> Result {
        do {
            guard let result = try timeLimit.run(atMost: InspectionBounds.seconds, body) else {
                throw InspectionTimedOut()
            }
            return result
        } catch let error as InspectionTimedOut { throw error } catch { throw StoreError(error) }
    }
}
