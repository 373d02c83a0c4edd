import SendLogCore

/// Checks the schema of a database and the settings of its server.
struct ServerCheck {
    let connection: Connection

    /// The indexes that searches, recording, webhooks and the console need, with their columns and conditions.
    static let indexes: [(String, String)] =
        [
            ("organisations_pkey", "(org_id)"), ("organisations_name_key", "(name)"), ("api_keys_pkey", "(key_id)"),
            ("api_keys_hash_key", "(hash)"), ("api_keys_by_organisation", "(org_id, key_id)"),
            ("organisation_heads_pkey", "(org_id)"), ("send_logs_pkey", "(org_id, seq)"),
            ("send_logs_by_id", "(org_id, id)"),
            ("send_logs_by_start", "(org_id, start, seq)"), ("send_logs_by_campaign", "(org_id, campaign, start, seq)"),
            ("destination_chunks_pkey", "(org_id, seq, number)"), ("campaign_names_pkey", "(org_id, campaign)"),
            ("sessions_pkey", "(hash)"), ("sessions_by_end", "(expires)"), ("webhooks_pkey", "(org_id, id)"),
            ("webhook_deliveries_pkey", "(org_id, webhook, seq, test)"),
            ("webhook_deliveries_due", "(org_id, webhook, next_try, seq, test) WHERE (next_try IS NOT NULL)"),
            ("webhook_deliveries_by_state", "(org_id, webhook, state, seq, test) WHERE (state <> 'delivered'::text)"),
            ("webhook_deliveries_by_age", "(created) WHERE (next_try IS NULL)"),
            ("idempotency_keys_pkey", "(org_id, key)"), ("idempotency_keys_by_age", "(created)"),
            ("recording_times_pkey", "(org_id, sequence)"), ("recipient_links_pkey", "(org_id, token)"),
            ("recipient_links_recipient_key", "(org_id, recipient)"), ("recipient_links_by_end", "(expires)"),
            ("recipient_links_by_organisation", "(org_id, expires, token)"),
            ("console_sessions_pkey", "(org_id, hash)"), ("console_sessions_by_end", "(org_id, expires)"),
            ("server_leases_pkey", "(org_id, work)"),
        ] + DerivedChanges.kinds.flatMap { $0.indexes }

    /// Returns the tables that are missing; without them nothing else can be checked.
    ///
    /// - Returns: the findings, as text for the operator.
    /// - Throws: ``PostgresFailure``.
    func missingTables() throws -> [String] {
        let parameters = Parameters(Schema.referenceTables + Schema.distributedTables)
        let rows = try connection.rows("SELECT n FROM unnest($1) n WHERE to_regclass(n) IS NULL", parameters)
        if rows.count == 0 { return [] }
        let advice =
            try ClusterState.isWorker(connection)
            ? " on this worker; connect to the coordinator, and run sendlog database distribute"
            : "; restore the database from a backup"
        return (0..<rows.count).map { "the table \(rows.text($0, 0)) is missing\(advice)" }
    }

    /// The findings about a server.
    struct Findings {
        /// The findings, as texts for the operator.
        var texts: [String]
        /// Whether statements about all organisations fail, so that the data cannot be checked.
        var preventsDataChecks = false
    }

    /// Checks indexes, functions, server settings and the Citus cluster.
    ///
    /// - Throws: ``PostgresFailure``.
    func findings() throws -> Findings {
        var findings = Findings(texts: try missing() + settings())
        try addCitus(to: &findings)
        return findings
    }

    private func missing() throws -> [String] {
        let parameters = Parameters(Self.indexes.map(\.0), Self.indexes.map(\.1))
        let rows = try connection.rows(
            """
            SELECT n.name, i.indisvalid FROM unnest($1, $2) n (name, columns)
            LEFT JOIN pg_index i
                ON i.indexrelid = to_regclass(n.name) AND pg_get_indexdef(i.indexrelid) LIKE '%' || n.columns
                    AND (i.indisunique OR n.name NOT SIMILAR TO '%(_pkey|_key|_by_id)')
            WHERE i.indexrelid IS NULL OR NOT i.indisvalid
            """,
            parameters
        )
        var findings = (0..<rows.count).map { row in
            let index = rows.text(row, 0)
            return rows.isNull(row, 1)
                ? "the index \(index) is missing: searches may be slow, and duplicates are possible"
                : "the index \(index) is not valid; rebuild it with REINDEX INDEX \(index)"
        }
        let functions = try connection.rows(
            "SELECT count(*) FROM pg_proc WHERE proname = 'record_sends' AND pronargs = 16"
        )
        if functions.integer(0, 0) == 0 {
            findings.append("the function record_sends is missing: nothing can be recorded")
        }
        return findings
    }

    /// Finds settings with which a crash can lose data that was reported as durable.
    private func settings() throws -> [String] {
        let rows = try connection.rows(
            "SELECT name, setting FROM pg_settings WHERE name IN ('fsync', 'full_page_writes') AND setting = 'off'"
        )
        return (0..<rows.count).map {
            "\(rows.text($0, 0)) is off: a crash of the machine can lose or damage recorded data"
        }
    }

    private func addCitus(to findings: inout Findings) throws {
        let extensions = try connection.rows("SELECT count(*) FROM pg_extension WHERE extname = 'citus'")
        if extensions.integer(0, 0) == 0 { return }
        let citusTables = try Distribution.citusTables(connection)
        if citusTables.isEmpty { return }
        let tables = (Schema.referenceTables + Schema.distributedTables).filter { !citusTables.contains($0) }
        let local = try tables + Distribution.localFunctions(connection)
        if !local.isEmpty {
            // Citus refuses to join a distributed table with a local one.
            findings.preventsDataChecks = !tables.isEmpty
            findings.texts.append(
                """
                not distributed like the other tables: \(local.joined(separator: ", ")), so requests fail or are slow\
                \(tables.isEmpty ? "" : ", and the data was not checked"); run sendlog database distribute again
                """
            )
        }
        let cluster = try ClusterState(connection)
        findings.texts += cluster.findings
        if cluster.hasUnreachableNode { findings.preventsDataChecks = true }
    }
}
