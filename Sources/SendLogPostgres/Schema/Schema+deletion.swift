/// The schema step for deleted send logs.
extension Schema {
    /// Adds the number of sequence numbers whose send logs were deleted; see ``LogHead``.
    static let deletion = "ALTER TABLE organisation_heads ADD COLUMN deleted bigint NOT NULL DEFAULT 0"
}
