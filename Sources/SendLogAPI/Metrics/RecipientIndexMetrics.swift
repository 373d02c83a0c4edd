import SendLogRecipients

/// The metrics of the recipient indexes of all organisations.
enum RecipientIndexMetrics {
    /// Returns the metrics; none if the lag is not known.
    static func families(_ lag: RecipientIndexLag?) -> [MetricFamily] {
        guard let lag else { return [] }
        return [
            ("send_logs", "Send logs that are not in the recipient index of their organisation yet.", lag.sendLogs),
            ("organisations", "Organisations whose recipient index lacks send logs.", lag.organisations),
        ]
        .map { unit, help, value in MetricFamily("sendlog_recipient_index_behind_\(unit)", .gauge, help, value) }
    }
}
