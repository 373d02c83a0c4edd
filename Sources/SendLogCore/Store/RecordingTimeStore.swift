/// A store of samples that say when send logs were recorded; see ``RecordingTime``.
public protocol RecordingTimeStore: Sendable {
    /// Samples organisations that have recorded something since their last sample, and whose last sample is not recent.
    ///
    /// Of each of them, it also deletes some of the oldest samples that are not needed any more: those whose
    /// next one is later, and before `oldest`.
    ///
    /// - Parameters:
    ///   - oldest: the time since which samples are kept, together with the last one before it
    ///   - now: returns the time; it is called when the newest sequence numbers are read
    /// - Returns: the number of organisations that were sampled; a call samples a limited number, so call again until
    ///   it is 0.
    /// - Throws: ``StoreError/unavailable(_:detail:)``.
    func sampleRecordingTimes(
        keepingFrom oldest: Timestamp,
        now: @escaping @Sendable () -> Timestamp
    ) async throws(StoreError) -> Int

    /// Returns samples of an organisation after a sequence number, in order.
    ///
    /// - Throws: ``StoreError/unavailable(_:detail:)``; ``StoreError/corrupted(detail:)``.
    func recordingTimes(
        in organisation: OrganisationID,
        after sequence: SequenceNumber,
        limit: Int
    ) async throws(StoreError) -> [RecordingTime]

    /// Returns the latest of the samples before the first one at or after a time; `nil` if there is none.
    ///
    /// All send logs recorded at the time or later come after it. A wrong clock can only make it an earlier one than
    /// necessary, unless the clock was behind since the first sample.
    ///
    /// - Throws: ``StoreError/unavailable(_:detail:)``; ``StoreError/corrupted(detail:)``.
    func lastRecordingTime(
        before time: Timestamp,
        in organisation: OrganisationID
    ) async throws(StoreError) -> RecordingTime?

    /// Returns the earliest of the samples after the last one before or at a time; `nil` if there is none.
    ///
    /// No send log recorded at the time or earlier comes after it, unless it is in the future. A wrong clock can only make
    /// it a later one than necessary, unless the clock has been ahead ever since.
    ///
    /// - Throws: ``StoreError/unavailable(_:detail:)``; ``StoreError/corrupted(detail:)``.
    func firstRecordingTime(
        after time: Timestamp,
        in organisation: OrganisationID
    ) async throws(StoreError) -> RecordingTime?

    /// Stores samples of another database, of which this one is a copy.
    ///
    /// - Throws: ``StoreError/unavailable(_:detail:)``.
    func addRecordingTimes(_ times: [RecordingTime], in organisation: OrganisationID) async throws(StoreError)
}
