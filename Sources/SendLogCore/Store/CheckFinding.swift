/// The texts of what `database check` finds, for operators.
///
/// They go into tickets and logs, so they contain no messages and no destinations.
public enum CheckFinding {
    /// The largest number of findings of one kind that are listed.
    public static let maxOfKind = 20

    /// Returns the findings about an organisation's head.
    ///
    /// - Parameters:
    ///   - organisation: the number of the organisation
    ///   - stored: the stored numbers of the head; they may be out of range
    ///   - counted: the send logs in the database: their number, their greatest sequence number (0 for none), and the
    ///     number of their destinations
    /// - Returns: the findings; empty if the head is right.
    public static func head(
        of organisation: Int64,
        stored: (sequence: Int64, deleted: Int64, destinations: Int64),
        counted: (sends: Int64, last: Int64, destinations: Int64)
    ) -> [String] {
        var findings: [String] = []
        let sends = stored.sequence &- stored.deleted
        if counted.sends != sends || counted.last > stored.sequence || stored.deleted < 0 {
            findings.append(
                "organisation \(organisation): \(counted.sends) send logs up to sequence number \(counted.last), "
                    + "but the head has \(sends) up to \(stored.sequence)"
            )
        }
        if counted.destinations != stored.destinations {
            findings.append(
                "organisation \(organisation): \(counted.destinations) destinations, "
                    + "but the counter is \(stored.destinations)"
            )
        }
        return findings
    }

    /// Returns the finding about a counter.
    ///
    /// - Parameters:
    ///   - owner: the organisation or campaign, such as `organisation 1`
    ///   - key: the counter's day and block
    ///   - counts: the numbers of sends and destinations
    ///   - isStored: whether the counter is stored, but no send logs have these numbers; otherwise it is missing
    /// - Returns: the finding.
    public static func counter(
        of owner: String,
        key: (day: Int64, block: Int64),
        counts: (sends: Int64, destinations: Int64),
        isStored: Bool
    ) -> String {
        "\(owner), day \(key.day), block \(key.block): a counter of \(counts.sends) sends and "
            + "\(counts.destinations) destinations is \(isStored ? "unexpected" : "missing")"
    }

    /// Returns the finding about the content of a send log.
    public static func sendLog(_ sequence: Int64, of organisation: Int64, _ fault: String) -> String {
        "organisation \(organisation), send log \(sequence): \(fault)"
    }

    /// Returns the finding about the row of a webhook that cannot be read.
    public static func webhook(of organisation: Int64) -> String {
        "organisation \(organisation): the row of a webhook is damaged"
    }

    /// Returns the finding about a recipient index, with what helps against it.
    public static func recipientIndex(of organisation: Int64, _ fault: String) -> String {
        "organisation \(organisation): the recipient index \(fault); make it again with sendlog database reindex"
    }

    /// Returns the finding about chunks of lists without a send log.
    ///
    /// - Parameters:
    ///   - count: the number of chunks
    ///   - organisation: the number of the organisation; `nil` for all of them
    /// - Returns: the finding; `nil` if there are no such chunks.
    public static func orphanedChunks(_ count: Int64, of organisation: Int64? = nil) -> String? {
        if count == 0 { return nil }
        let owner = organisation.map { "organisation \($0): " } ?? ""
        return "\(owner)\(count) chunks of destinations belong to no send log"
    }
}
