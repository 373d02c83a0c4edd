/// A store of the requests that came with an `Idempotency-Key`, and of their responses, for a day.
///
/// A request has one row. The server that handles the request has a lease on it. A request whose lease ended, because
/// its server failed, may begin again, and keeps the ID that was reserved for it.
public protocol IdempotencyStore: Sendable {
    /// Begins a request, unless its key is in use.
    ///
    /// A key that came more than ``IdempotencyKey/lifetime`` ago counts as new.
    ///
    /// - Returns: whether the request may be handled now; see ``IdempotencyState``.
    /// - Throws: ``StoreError/unavailable(_:detail:)``; ``StoreError/corrupted(detail:)``.
    func beginRequest(
        _ attempt: IdempotencyAttempt,
        in organisation: OrganisationID
    ) async throws(StoreError) -> IdempotencyState

    /// Stores the response to a request; does nothing if another server has the lease, or the row is gone.
    ///
    /// - Throws: ``StoreError/unavailable(_:detail:)``.
    func finishRequest(
        _ attempt: IdempotencyAttempt,
        with response: StoredResponse,
        in organisation: OrganisationID
    ) async throws(StoreError)

    /// Ends the lease of a request without a response, so that the request may begin again with the same reserved ID.
    ///
    /// - Throws: ``StoreError/unavailable(_:detail:)``.
    func releaseRequest(_ attempt: IdempotencyAttempt, in organisation: OrganisationID) async throws(StoreError)

    /// Deletes the keys of all organisations that were created before a time.
    ///
    /// - Returns: the number of deleted keys; a call deletes a limited number, so call again until it is 0.
    /// - Throws: ``StoreError/unavailable(_:detail:)``.
    func deleteIdempotencyKeys(before timestamp: Timestamp) async throws(StoreError) -> Int
}
