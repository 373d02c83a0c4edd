import SendLogCore

/// Finds recipients among the codes that the index stores.
struct RecipientMatcher: Sendable {
    /// The groups of all codes that match.
    let groups: Set<UInt64>
    /// The codes that match exactly.
    private let codes: Set<RecipientCode>
    /// The recipients that can have doubtful matches.
    private let doubtful: [RecipientQuery]

    init(_ queries: [RecipientQuery]) {
        codes = Set(queries.flatMap(\.storedForms).map { RecipientCode($0) })
        groups = Set(codes.map(\.group))
        doubtful = queries.filter { $0.callingCode == nil }
    }

    /// Returns how a stored recipient matches those that are looked up.
    func match(_ code: RecipientCode) -> RecipientQuery.Match {
        guard groups.contains(code.group) else { return .none }
        if codes.contains(code) { return .exact }
        guard !doubtful.isEmpty, let digits = code.digits else { return .none }
        let key = RecipientKey(digits)
        // A query without a calling code matches its own key alone exactly.
        let isDoubtful = doubtful.contains { query in
            if case .none = query.matches(key) { false } else { true }
        }
        return isDoubtful ? .doubtful : .none
    }
}

extension RecipientQuery {
    /// The keys without a calling code under which the recipient can be stored.
    ///
    /// With a calling code, they are all: of the number as it is, with a trunk prefix, and each after an international
    /// prefix. Without one, doubtful forms are missing; they have at least the last eight digits in common, which are the
    /// group.
    var storedForms: [RecipientKey] {
        guard let callingCode, key.text.utf8.allSatisfy(\.isASCIIDigit) else { return [key] }
        var written = [key.text]
        if key.text.hasPrefix(callingCode.description) {
            let national = key.text.dropFirst(callingCode.description.utf8.count)
            for trunk in CallingCode.trunkPrefixes {
                written += [trunk + national, callingCode.description + trunk + national]
            }
        }
        // 00 is in no key.
        written += CallingCode.exitPrefixes.flatMap { prefix in written.map { prefix + $0 } }
        let matching = written.filter { RecipientKey($0, callingCode: callingCode) == key }
        return [key] + matching.map { RecipientKey($0) }
    }
}
