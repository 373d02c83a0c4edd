/// What answers requests.
public protocol HTTPResponder: Sendable {
    /// Answers a request, on the event loop of its connection: what blocks or computes for long must go elsewhere.
    ///
    /// - Returns: `nil` where the request was answered at once, for which no task is needed; else what answers it.
    func respond(to request: HTTPRequest, _ writer: AnswerWriter) -> Later?

    /// Answers what could not be answered at once, on the same event loop. If it throws anything the connection is broken off, so that no
    /// client takes a part of the answer for the whole.
    typealias Later = @Sendable () async throws -> Void

    /// The answer to what is not HTTP.
    func refusal() -> (head: AnswerHead, body: [UInt8])
}
