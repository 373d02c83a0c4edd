import SendLogCore

/// Looks at what a database is made of, and how its server is set.
struct ServerCheck {
    let connection: Connection

    /// The indexes that searches, recording and the directory need.
    static let indexes = [
        "organisations_pkey", "organisations_name_key", "api_keys_pkey", "api_keys_hash_key",
        "api_keys_by_organisation",
        "organisation_heads_pkey", "send_logs_pkey", "send_logs_by_id", "send_logs_by_start", "send_logs_by_campaign",
        "destination_chunks_pkey", "organisation_days_pkey", "campaign_days_pkey",
    ]

    /// - Returns: what is wrong, in words for the operator.
    /// - Throws: ``PostgresFailure``.
    func findings() throws -> [String] {
        try missing() + settings() + citus()
    }

    private func missing() throws -> [String] {
        var parameters = Parameters()
        parameters.add(texts: Self.indexes)
        let rows = try connection.rows(
            """
            SELECT n, i.indexrelid IS NULL FROM unnest($1) n
            LEFT JOIN pg_index i ON i.indexrelid = to_regclass(n)
            WHERE i.indexrelid IS NULL OR NOT i.indisvalid
            """,
            parameters
        )
        var findings = (0..<rows.count).map { row in
            rows.boolean(row, 1)
                ? "the index \(rows.text(row, 0)) is missing: searches are slow, or what must be unique may not be"
                : "the index \(rows.text(row, 0)) is not valid; REINDEX INDEX \(rows.text(row, 0)) makes it anew"
        }
        if try connection.rows("SELECT count(*) FROM pg_proc WHERE proname = 'record_sends'").integer(0, 0) == 0 {
            findings.append("the function record_sends is missing: nothing can be recorded")
        }
        return findings
    }

    /// What can lose what was answered as durable.
    private func settings() throws -> [String] {
        let rows = try connection.rows(
            "SELECT name, setting FROM pg_settings WHERE name IN ('fsync', 'full_page_writes') AND setting = 'off'"
        )
        return (0..<rows.count).map {
            "\(rows.text($0, 0)) is off: a crash of the machine can lose or damage what was recorded"
        }
    }

    private func citus() throws -> [String] {
        let extensions = try connection.rows("SELECT count(*) FROM pg_extension WHERE extname = 'citus'")
        if extensions.integer(0, 0) == 0 { return [] }
        var findings: [String] = []
        let tables = Schema.referenceTables + Schema.distributedTables
        let spread = try Distribution.spreadTables(connection)
        if spread.isEmpty { return [] }
        let local = try tables.filter { !spread.contains($0) } + Distribution.localFunctions(connection)
        if !local.isEmpty {
            findings.append(
                "\(local.joined(separator: ", ")): not spread over the nodes as the others are; run sendlog database distribute again"
            )
        }
        let nodes = try connection.rows("SELECT nodename || ':' || nodeport FROM pg_dist_node WHERE NOT isactive")
        for row in 0..<nodes.count { findings.append("the node \(nodes.text(row, 0)) is not active") }
        return findings
    }
}
