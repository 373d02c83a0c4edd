import SendLogRecipients

/// The metrics of the recipient indexes of all organisations, in the text format of Prometheus.
enum RecipientIndexMetrics {
    /// Renders the metrics; empty if the lag is not known.
    static func text(_ lag: RecipientIndexLag?) -> String {
        guard let lag else { return "" }
        let gauges = [
            ("send_logs", "Send logs that are not in the recipient index of their organisation yet.", lag.sendLogs),
            ("organisations", "Organisations whose recipient index lacks send logs.", lag.organisations),
        ]
        return gauges.map { unit, help, value in
            let name = "sendlog_recipient_index_behind_\(unit)"
            return "# HELP \(name) \(help)\n# TYPE \(name) gauge\n\(name) \(value)\n"
        }
        .joined()
    }
}
