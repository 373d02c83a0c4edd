/// How often services in the background poll all organisations for work that they are not notified of.
extension DatabaseLocation {
    /// The shortest and the longest pause between polls for webhooks with pending deliveries.
    ///
    /// In a SQLite file, a poll takes some microseconds. In PostgreSQL, and above all in a Citus cluster, where each
    /// poll asks all nodes, it is there for the work of other servers.
    var webhookPollPauses: ClosedRange<Duration> {
        filePath == nil ? .milliseconds(300) ... .seconds(5) : .milliseconds(250) ... .milliseconds(250)
    }

    /// The shortest and the longest pause between polls for recipient indexes to extend.
    ///
    /// Searches by recipient read what an index lacks from the lists.
    var indexPollPauses: ClosedRange<Duration> {
        filePath == nil ? .seconds(1) ... .seconds(30) : .seconds(1) ... .seconds(1)
    }
}
