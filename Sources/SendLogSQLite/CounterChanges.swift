import SendLogCore

/// The changes of the counters by day and block that one transaction makes, for recorded or for deleted logs.
struct CounterChanges {
    /// A number of logs and of their destinations; negative for deleted logs.
    struct Count {
        var sends = 0
        var destinations = 0

        static func += (left: inout Count, right: Count) {
            left.sends += right.sends
            left.destinations += right.destinations
        }
    }

    /// The key of a counter: an organisation or a campaign, a day, and a block of sequence numbers.
    private struct Key: Hashable {
        let owner: Int64
        let day: Int
        let block: Int64
    }

    private var organisations: [Key: Count] = [:]
    private var campaigns: [Key: Count] = [:]

    /// Adds a change for a log.
    mutating func add(
        _ count: Count,
        on day: Day,
        _ sequence: SequenceNumber,
        of campaign: Int64,
        in organisation: OrganisationID
    ) {
        let block = CounterBlock.of(sequence)
        organisations[Key(owner: organisation.number, day: day.number, block: block), default: Count()] += count
        campaigns[Key(owner: campaign, day: day.number, block: block), default: Count()] += count
    }

    /// Writes the changes, as one of the last steps of the transaction.
    func write(on database: Connection) throws {
        for (key, count) in organisations {
            try write(
                key,
                count,
                update: """
                    UPDATE organisation_days SET sends = sends + ?, destinations = destinations + ?
                    WHERE organisation = ? AND day = ? AND block = ?
                    """,
                insert: """
                    INSERT INTO organisation_days (sends, destinations, organisation, day, block)
                    VALUES (?, ?, ?, ?, ?)
                    """,
                delete: "DELETE FROM organisation_days WHERE organisation = ? AND day = ? AND block = ? AND sends = 0",
                on: database
            )
        }
        for (key, count) in campaigns {
            try write(
                key,
                count,
                update: """
                    UPDATE campaign_days SET sends = sends + ?, destinations = destinations + ?
                    WHERE campaign = ? AND day = ? AND block = ?
                    """,
                insert: """
                    INSERT INTO campaign_days (sends, destinations, campaign, day, block) VALUES (?, ?, ?, ?, ?)
                    """,
                delete: "DELETE FROM campaign_days WHERE campaign = ? AND day = ? AND block = ? AND sends = 0",
                on: database
            )
        }
    }

    private func write(
        _ key: Key,
        _ count: Count,
        update: StaticString,
        insert: StaticString,
        delete: StaticString,
        on database: Connection
    ) throws {
        func run(_ sql: StaticString, with count: Count?) throws {
            var query = try Query(sql, on: database)
            if let count {
                try query.bind(count.sends)
                try query.bind(count.destinations)
            }
            try query.bind(key.owner)
            try query.bind(key.day)
            try query.bind(key.block)
            try query.run()
        }
        try run(update, with: count)
        if database.affectedRows == 0 {
            guard count.sends > 0 else { throw StoreError.corrupted(detail: "a counter of a deleted log is missing") }
            try run(insert, with: count)
        } else if count.sends < 0 {
            // A day without logs has no counter.
            try run(delete, with: nil)
        }
    }
}
