public import SendLogCore

/// A look at a PostgreSQL database, on a connection that cannot write.
public final class PostgresInspection: DatabaseInspection {
    /// See ``DatabaseInspection/needsMigration``.
    public let needsMigration: Bool

    private let connection: Connection

    /// Connects to a database.
    ///
    /// - Parameters:
    ///   - location: the location of the database
    ///   - options: the options for opening it
    /// - Throws: ``StoreSetupError`` if the database cannot be reached, or if this program cannot use it.
    public init(_ location: PostgresLocation, options: PostgresStore.Options) throws(StoreSetupError) {
        do {
            // PostgreSQL's default planner settings: some of the statements have no index.
            let session = """
                SET lock_timeout = '\(options.waitTimeout)s';
                SET statement_timeout = '\(InspectionBounds.seconds)s';
                SET default_transaction_read_only = on
                """
            let connection = try Connection(location, session: session)
            connection.statementTimeout = .seconds(InspectionBounds.seconds + 5)
            let migration = Migration(schema: .current, connection: connection, location: location)
            try migration.requireSupportedServer()
            guard let found = try migration.version() else {
                throw StoreSetupError("\(location) is not a sendlog database yet", isMissing: true)
            }
            needsMigration = try !migration.isUpToDate(found)
            self.connection = connection
        } catch let refusal as StoreSetupError {
            throw refusal
        } catch {
            let detail = (error as? PostgresFailure)?.detail ?? "\(type(of: error))"
            throw StoreSetupError("the database \(location) cannot be opened: \(detail)")
        }
    }

    /// The connection closes when it is released.
    ///
    /// See ``DatabaseInspection/close()``.
    public func close() {}

    /// See ``DatabaseInspection/lateWebhooks(at:limit:)``.
    public func lateWebhooks(at now: Timestamp, limit: Int) throws -> [LateWebhook] {
        let failing = now.advanced(by: -LateWebhook.shortestFailure).milliseconds
        let interrupted = try rows(
            """
            SELECT org_id, id, paused, failing_since FROM webhooks
            WHERE active AND (paused IS NOT NULL OR failing_since < $1) ORDER BY org_id, id LIMIT $2
            """,
            Parameters(failing, limit)
        )
        var webhooks = (0..<interrupted.count).compactMap { row in
            LateWebhook(
                organisation: interrupted.integer(row, 0),
                id: interrupted.text(row, 1),
                paused: interrupted.optionalInteger(row, 2),
                failingSince: interrupted.optionalInteger(row, 3)
            )
        }
        var seen = Set(webhooks.map(\.key))
        let (backlog, retry) = PostgresStore.delayed(.all)
        for condition in [backlog, retry] {
            let delayed = try rows(
                "SELECT w.org_id, w.id FROM webhooks w \(condition) ORDER BY w.org_id, w.id LIMIT $2",
                Parameters(WebhookCounts.latestDelayed(at: now), limit)
            )
            for row in 0..<delayed.count {
                let (organisation, id) = (delayed.integer(row, 0), delayed.text(row, 1))
                let webhook = LateWebhook(organisation: organisation, id: id, paused: nil, failingSince: nil)
                if let webhook, seen.insert(webhook.key).inserted { webhooks.append(webhook) }
            }
        }
        webhooks.sort { ($0.key.organisation.number, $0.key.id.text) < ($1.key.organisation.number, $1.key.id.text) }
        return Array(webhooks.prefix(limit))
    }

    /// See ``DatabaseInspection/unlimitedKeys(limit:)``.
    public func unlimitedKeys(limit: Int) throws -> [(id: APIKeyID, organisation: OrganisationID)] {
        let rows = try rows(
            """
            SELECT key_id, org_id FROM api_keys WHERE revoked IS NULL AND expires IS NULL
                AND ' ' || permissions || ' ' LIKE '% * %' ORDER BY key_id LIMIT $1
            """,
            Parameters(limit)
        )
        return (0..<rows.count).map { (APIKeyID(rows.integer($0, 0)), OrganisationID(rows.integer($0, 1))) }
    }

    /// See ``DatabaseInspection/count(of:after:)``.
    public func count(of kind: StoredTime, after time: Timestamp) throws -> (count: Int64, latest: Int64) {
        let (stored, name) = kind.column
        let table = kind == .session ? "console_sessions" : stored
        let column = kind == .indexLease ? "lease_until" : name
        let rows = try rows(
            "SELECT count(*), max(\(column)) FROM \(table) WHERE \(column) > $1",
            Parameters(time.milliseconds)
        )
        return (rows.integer(0, 0), rows.integer(0, 1))
    }

    /// See ``DatabaseInspection/sendCount(startingAfter:)``.
    public func sendCount(startingAfter day: Day) throws -> Int64 {
        // A sum that a damaged row makes too large for a bigint is cut off.
        let rows = try rows(
            "SELECT least(coalesce(sum(sends), 0), 9223372036854775807)::bigint FROM organisation_days WHERE day > $1",
            Parameters(Int64(day.number))
        )
        return rows.integer(0, 0)
    }

    /// See ``DatabaseInspection/setUpFaults()``.
    public func setUpFaults() throws -> [String] {
        let server = ServerCheck(connection: connection)
        do {
            let missing = try server.missingTables()
            return try missing.isEmpty ? server.findings().texts : missing
        } catch let failure as PostgresFailure where failure.isStatementTimeout {
            throw InspectionTimedOut()
        } catch { throw StoreError(error) }
    }

    /// See ``DatabaseInspection/damage()``.
    public func damage() throws -> [String] {
        var findings: [String] = []
        do {
            findings += try webhookDamage()
            try addNewestDamage(to: &findings)
        } catch let failure as PostgresFailure where failure.isStatementTimeout {
            return findings
        } catch { throw StoreError(error) }
        return findings
    }

    /// Checks the rows of webhooks.
    private func webhookDamage() throws -> [String] {
        let sql = "SELECT \(WebhookRows.columns) FROM webhooks LIMIT $1"
        let rows = try connection.rows(sql, Parameters(InspectionBounds.webhooks))
        let findings = (0..<rows.count).compactMap { row -> String? in
            do throws(StoreError) { _ = try WebhookRows.webhook(rows, row) } catch {
                return CheckFinding.webhook(of: rows.integer(row, 0))
            }
            return nil
        }
        return Array(findings.prefix(CheckFinding.maxOfKind))
    }

    /// Checks the newest sends of the organisations with most sends, for a limited time.
    private func addNewestDamage(to findings: inout [String]) throws {
        let end = ContinuousClock.now + .seconds(InspectionBounds.seconds)
        let heads = try connection.rows(
            "SELECT org_id, sequence FROM organisation_heads ORDER BY sequence DESC LIMIT $1",
            Parameters(InspectionBounds.organisations)
        )
        for row in 0..<heads.count where .now < end && findings.count < CheckFinding.maxOfKind {
            var check = ContentsCheck(connection: connection, organisation: heads.integer(row, 0))
            let newest = Int64(InspectionBounds.sends)
            try check.run(after: max(heads.integer(row, 1), newest) - newest) { _ in }
            findings += check.findings
        }
    }

    private func rows(_ sql: String, _ parameters: Parameters) throws -> Rows {
        do throws(PostgresFailure) { return try connection.rows(sql, parameters) } catch {
            if error.isStatementTimeout { throw InspectionTimedOut() }
            throw StoreError(error)
        }
    }
}
