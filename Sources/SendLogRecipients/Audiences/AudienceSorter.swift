package import SendLogCore

/// Collects the recipients of one or two audiences, in any order and any number, and compares them.
///
/// Its memory does not grow with their number: about 10 MB, and files in the spool folder.
package struct AudienceSorter: Sendable {
    private var numbers: ExternalSorter<AudienceNumber>
    private var texts: ExternalSorter<AudienceText>
    private let callingCode: CallingCode?
    /// The digits with which numbers begin whose normal form may have one digit less: the calling code, and the 0 of a
    /// trunk prefix.
    private let trunk: [UInt8]

    /// Creates a sorter.
    ///
    /// - Parameters:
    ///   - callingCode: the calling code of numbers with one leading 0
    ///   - spoolFolder: the folder for unnamed files
    ///   - limits: how much memory it takes
    package init(callingCode: CallingCode?, spoolFolder: String, limits: SortLimits = SortLimits()) {
        numbers = ExternalSorter(folder: spoolFolder, limits)
        texts = ExternalSorter(folder: spoolFolder, limits)
        self.callingCode = callingCode
        trunk = callingCode.map { Array("\($0)0".utf8) } ?? []
    }

    /// Adds a destination in UTF-8, not escaped, unless its normal form is empty.
    ///
    /// - Returns: whether the destination was added.
    @discardableResult
    package mutating func add(_ destination: UnsafeBufferPointer<UInt8>, to side: AudienceSide) -> Bool {
        if isNormalForm(destination), let number = AudienceNumber(digits: destination, side) {
            numbers.append(number)
            return true
        }
        let key = RecipientKey(utf8: destination, callingCode: callingCode)
        if key.text.isEmpty { return false }
        add(key, to: side)
        return true
    }

    /// Returns whether digits are a number in normal form, as nearly all are; other numbers may be as well.
    private func isNormalForm(_ digits: UnsafeBufferPointer<UInt8>) -> Bool {
        digits.first != UInt8(ascii: "0") && (trunk.isEmpty || !digits.starts(with: trunk))
    }

    private mutating func add(_ key: RecipientKey, to side: AudienceSide) {
        var text = key.text
        if let number = text.withUTF8({ AudienceNumber(digits: $0, side) }) {
            numbers.append(number)
        } else {
            texts.append(AudienceText(key, side))
        }
    }

    /// Moves recipients to a file if there are many in memory; must be called after some thousand were added.
    ///
    /// - Throws: ``StoreError/unavailable(_:detail:)`` if a file cannot be written.
    package mutating func spillIfFull() async throws(StoreError) {
        if numbers.isFull { try await numbers.spill() }
        if texts.isFull { try await texts.spill() }
    }

    /// Counts the distinct recipients.
    ///
    /// - Parameters:
    ///   - list: the recipients that are passed on
    ///   - take: takes the normal form of a recipient: telephone numbers first, the shorter ones before the longer
    ///     ones, then all others
    /// - Returns: the numbers.
    /// - Throws: ``StoreError/unavailable(_:detail:)`` if a file cannot be read; the errors of `take`.
    package consuming func count(
        listing list: AudienceList? = nil,
        _ take: ([UInt8]) throws(StoreError) -> Void = { _ in }
    ) async throws(StoreError) -> AudienceCounts {
        var counts = AudienceCounts()
        try await Self.count(numbers, &counts, list, take)
        try await Self.count(texts, &counts, list, take)
        return counts
    }

    private static func count<Member: AudienceMember>(
        _ sorter: consuming ExternalSorter<Member>,
        _ counts: inout AudienceCounts,
        _ list: AudienceList?,
        _ take: ([UInt8]) throws(StoreError) -> Void
    ) async throws(StoreError) {
        var (counted, pending, isOfBoth): (AudienceCounts, Member?, Bool) = (counts, nil, false)
        var key: [UInt8] = []
        func finish(_ member: Member) throws(StoreError) {
            let audience: AudienceCounts.Part = isOfBoth ? .both : member.side == .a ? .onlyA : .onlyB
            counted.add(audience)
            guard let list, list.contains(audience) else { return }
            key.removeAll(keepingCapacity: true)
            member.appendKey(to: &key)
            try take(key)
        }
        try await sorter.pass { member throws(StoreError) in
            if let last = pending {
                // The member of the other audience follows.
                if member.isSameRecipient(as: last) {
                    isOfBoth = true
                    return
                }
                try finish(last)
            }
            (pending, isOfBoth) = (member, false)
        }
        if let pending { try finish(pending) }
        counts = counted
    }
}
