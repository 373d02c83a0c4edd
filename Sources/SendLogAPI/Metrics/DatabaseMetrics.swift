import SendLogCore

/// The metrics of the database.
enum DatabaseMetrics {
    /// Returns the metrics; without a size, only whether the database answers.
    static func families(isUp: Bool, size: DatabaseSize?) -> [MetricFamily] {
        var families = [
            MetricFamily("sendlog_database_up", .gauge, "Whether the database answers: 1 or 0.", isUp ? 1 : 0)
        ]
        if let bytes = size?.bytes {
            let help = "Size of the database, without a SQLite file's WAL."
            families.append(MetricFamily("sendlog_database_size_bytes", .gauge, help, bytes))
        }
        if let bytes = size?.walBytes {
            let help = "Size of a SQLite file's WAL."
            families.append(MetricFamily("sendlog_database_wal_size_bytes", .gauge, help, bytes))
        }
        return families
    }
}
