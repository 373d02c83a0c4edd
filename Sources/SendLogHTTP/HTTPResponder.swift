package import SendLogNetwork

/// A type that handles HTTP requests.
package protocol HTTPResponder: Sendable {
    /// Handles a request on the event loop of its connection; blocking or long computations must run elsewhere.
    ///
    /// - Returns: `nil` if the response was sent synchronously and needs no task; otherwise a closure that sends it.
    func respond(to request: HTTPRequest, _ writer: ResponseWriter) -> DeferredResponse?

    /// Ends what ``respond(to:_:)`` has begun for several requests; called on each event loop after the requests that
    /// arrived at the same time.
    func endTurn()

    /// A closure that sends a response that needs to wait for something, on the same event loop.
    ///
    /// If it throws, the connection breaks, so that the client does not take a partial response for a complete one.
    typealias DeferredResponse = @Sendable () async throws -> Void

    /// Returns the response to input that could not be parsed.
    ///
    /// - Parameters:
    ///   - fault: what is wrong with the input
    ///   - address: the address of the connection; `nil` if it has none
    /// - Returns: the head and the body.
    func badRequestResponse(to fault: ProtocolFault, from address: IPAddress?) -> (head: ResponseHead, body: [UInt8])
}
