import SendLogCore

/// The expected result of a search, computed from a plain array that is filtered, sorted and sliced.
struct SearchModel {
    private(set) var logs: [Log] = []
    /// The newest sequence number, also of logs that were deleted.
    private(set) var head = 0

    struct Log {
        let sequence: Int
        let log: PreparedSendLog
    }

    /// Adds a recorded log; logs must come in the order of recording.
    mutating func append(_ log: PreparedSendLog) {
        head += 1
        logs.append(Log(sequence: head, log: log))
    }

    /// Removes deleted logs.
    mutating func delete(_ sequences: Set<Int>) {
        logs.removeAll { sequences.contains($0.sequence) }
    }

    /// Skips sequence numbers, so that the next log comes after `head`.
    mutating func raiseHead(to head: Int) { self.head = head }

    /// The expected page of a search.
    func page(_ search: SendLogSearch) -> WholePage {
        let asOf = min(search.asOf?.number ?? Int64(head), Int64(head))
        let campaigns = search.campaigns.map { Set($0) }
        let chosen = search.found.map { Set($0) }
        var found = logs.filter { entry in
            entry.sequence <= asOf
                && search.from.map { entry.log.start >= $0 } ?? true
                && search.to.map { entry.log.start <= $0 } ?? true
                && campaigns?.contains(entry.log.campaignID) ?? true
                && chosen?.contains(Int64(entry.sequence)) ?? true
        }
        found.sort { left, right in
            left.log.start == right.log.start ? left.sequence < right.sequence : left.log.start < right.log.start
        }
        if search.order == .newestFirst { found.reverse() }
        var page = WholePage(total: found.count, asOf: SequenceNumber(asOf))
        page.rows = found.dropFirst(search.skip).prefix(search.limit).map { entry in
            WholePage.Row(
                sequence: SequenceNumber(Int64(entry.sequence)),
                record: entry.log.record,
                destinations: entry.log.destinations.count
            )
        }
        return page
    }
}
