import SendLogCore

/// The row ID of a send log: its organisation and its sequence number in one integer.
///
/// The rows of an organisation are adjacent in the table, and within an organisation row ID order is the order of
/// recording. SQLite ends every index entry with the row ID, so every index has that order at no extra cost.
struct RowID: Equatable {
    let rawValue: Int64

    private static let sequenceBits: Int64 = 40

    /// The exclusive upper bound of organisation numbers; below it, row IDs are unique.
    static let maxOrganisations: Int64 = 1 << 22

    init(_ organisation: OrganisationID, _ sequence: SequenceNumber) {
        rawValue = organisation.number << Self.sequenceBits | sequence.number
    }

    init(rawValue: Int64) {
        self.rawValue = rawValue
    }

    var sequence: SequenceNumber { SequenceNumber(rawValue & (1 << Self.sequenceBits - 1)) }
}
