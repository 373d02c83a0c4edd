import SendLogCore

/// The expected result of a lookup, computed from plain lists.
struct RecipientModel {
    private(set) var logs = SearchModel()
    /// The calling codes with which the lookups are made.
    static let callingCodes = [nil, CallingCode("27"), CallingCode("61")]
    /// The keys of each send log's recipients with each calling code.
    private var keys: [Int: [CallingCode?: Set<RecipientKey>]] = [:]
    /// The sequence numbers of all logs, of deleted ones as well.
    var head: Int { logs.head }

    /// Adds a recorded log; logs must come in the order of recording.
    mutating func append(_ log: PreparedSendLog, _ destinations: [String]) {
        logs.append(log)
        let distinct = Set(destinations.map(Exact.init))
        for code in Self.callingCodes {
            keys[head, default: [:]][code] = Set(distinct.map { RecipientKey($0.text, callingCode: code) })
        }
    }

    /// Removes deleted logs.
    mutating func delete(_ sequences: Set<Int>) {
        logs.delete(sequences)
        for sequence in sequences { keys[sequence] = nil }
    }

    /// The sequence numbers of the logs of any of the recipients, ascending.
    ///
    /// - Parameters:
    ///   - queries: the recipients
    ///   - asOf: the newest sequence number
    ///   - matches: how one of the recipients must match
    /// - Returns: the sequence numbers.
    func found(
        _ queries: [RecipientQuery],
        asOf: Int64,
        matches: Set<RecipientQuery.Match> = [.exact, .doubtful]
    ) -> [Int64] {
        logs.logs.map(\.sequence).filter { sequence in
            sequence <= asOf
                && queries.contains { query in
                    keys[sequence]?[query.callingCode]?.contains { matches.contains(query.matches($0)) } ?? false
                }
        }.map { Int64($0) }
    }

    /// A text that equals only texts of the same characters: as strings, composed and decomposed texts are equal.
    private struct Exact: Hashable {
        let text: String

        static func == (left: Self, right: Self) -> Bool { left.text.utf8.elementsEqual(right.text.utf8) }

        func hash(into hasher: inout Hasher) { hasher.combine(Array(text.utf8)) }
    }
}

extension RandomCases {
    /// A destination: one of a few people in a random notation.
    mutating func destination() -> String {
        let person = number(0...30)
        let national = "82\(1_000_000 + person * 77)"
        return switch number(0...16) {
        case 0: "+27 \(national)"
        case 1: "0027\(national)"
        case 2, 3: "0\(national)"
        case 4: "+27 (0)\(national)"
        case 5: "tel:+27-\(national)"
        case 6: "49\(national)"
        case 7: "jo\(person)@example.com"
        case 8: "Jo\(person)@Example.COM "
        case 9: "1\(person)"
        case 10: "0011 27 \(national)"
        case 11: "0011 86 138\(national)"
        case 12: "86138\(national)"
        case 13: "Z\u{fc}rich \(person)"
        case 14: "Zu\u{308}rich \(person)"
        default: "27\(national)"
        }
    }

    /// A list of destinations, in which recipients repeat; a long one has several chunks.
    mutating func destinations(isLong: Bool) -> [String] {
        if !isLong { return (0..<number(0...9)).map { _ in destination() } }
        let first = number(0...1000)
        return (0..<number(8193...20_000)).map { index in
            index % 50 == 0 ? destination() : "2783\(1_000_000 + first + index % 4000)"
        }
    }

    /// A lookup of some recipients, also of none and of one who got nothing.
    mutating func recipients() -> [RecipientQuery] {
        let code = RecipientModel.callingCodes[number(0...2)]
        let count = [0, 1, 1, 1, 2, 5, 40][number(0...6)]
        return (0..<count).map { _ in
            let text = once(in: 8) ? "2783\(1_000_000 + number(0...6000))" : destination()
            return RecipientQuery(text, callingCode: code)
        }
    }
}
