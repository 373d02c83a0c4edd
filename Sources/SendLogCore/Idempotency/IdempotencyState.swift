/// What a store has under an ``IdempotencyKey``.
public enum IdempotencyState: Equatable, Sendable {
    /// The request may be handled now.
    ///
    /// What it creates gets the reserved ID. Every attempt at the request gets the same one.
    case started(reserved: SendLogID)
    /// Another server, or another connection, is handling the request.
    case inProgress
    /// The request was handled before.
    case finished(StoredResponse)
    /// The key came with another request.
    case reused

    /// Creates the state of a row whose request may not begin.
    ///
    /// - Parameters:
    ///   - attempt: the attempt that did not begin
    ///   - digest: the row's digest
    ///   - status: the row's status; `nil` while the request is in progress
    ///   - response: reads the rest of the response
    /// - Throws: ``StoreError/corrupted(detail:)`` for a status that no stored response has.
    public init(
        of attempt: IdempotencyAttempt,
        digest: [UInt8],
        status: Int64?,
        response: () -> (location: String, body: [UInt8])
    ) throws(StoreError) {
        guard digest == attempt.digest else {
            self = .reused
            return
        }
        guard let status else {
            self = .inProgress
            return
        }
        guard (200..<500).contains(status) else {
            throw .corrupted(detail: "the status of a stored response is out of range")
        }
        let (location, body) = response()
        self = .finished(StoredResponse(status: Int(status), location: location, body: body))
    }
}
