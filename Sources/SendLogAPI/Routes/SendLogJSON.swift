import SendLogContent
import SendLogCore

/// Renders send logs from their records, which are stored as JSON.
enum SendLogJSON {
    /// Returns the envelope of one send log with its number of destinations.
    static func envelope(_ log: StoredSendLog) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(log.record.count + 64)
        bytes.append("{\"ok\":true,\"data\":")
        bytes.append(contentsOf: log.record)
        bytes.append(",\"destinations\":")
        bytes.appendDecimal(log.destinations)
        bytes.append("}}")
        return bytes
    }
}
