import Logging
import SendLogCore
import SendLogHTTP

/// Logs and counts requests.
extension APIService {
    /// Logs and counts a request whose connection ended before its response was complete.
    ///
    /// - Parameters:
    ///   - context: the data about the request
    ///   - status: the status that was sent; `nil` if none was
    ///   - bytes: the number of bytes of the body that were sent
    ///   - end: why the connection ended
    ///   - error: the error of the handler, if there was one; the end itself may have caused it
    func note(
        _ context: RequestContext,
        status: UInt?,
        bytes: Int,
        _ end: ConnectionEnd,
        _ error: (any Error)? = nil
    ) {
        let failure = error is ConnectionBroken || error is TruncatedBody ? nil : error.map { APIError($0) }
        switch end {
        case .clientDisconnected: note(context, status: 499, bytes: bytes, failure, as: "client disconnected")
        case .clientTooSlow:
            note(context, status: 499, bytes: bytes, failure, as: "client too slow; connection closed")
        case .shutdown:
            let message: Logger.Message =
                status == nil ? "stopped by the shutdown before a response" : "stopped by the shutdown"
            note(context, status: status ?? 503, bytes: bytes, failure, as: message, .warning)
        }
    }

    /// Logs and counts a request.
    ///
    /// - Parameters:
    ///   - context: the data about the request
    ///   - status: the status of the response
    ///   - bytes: the number of bytes of the body that were sent
    ///   - failure: the failure of the request, if it failed
    ///   - message: what happened
    ///   - level: the level of the log line; by default it depends on the status
    func note(
        _ context: RequestContext,
        status: UInt,
        bytes: Int,
        _ failure: APIError? = nil,
        as message: Logger.Message = "request completed",
        _ level: Logger.Level? = nil
    ) {
        let duration = (ContinuousClock.now - context.begin).components
        let microseconds = Int(duration.seconds) * 1_000_000 + Int(duration.attoseconds / 1_000_000_000_000)
        metrics.requestCompleted(
            route: context.route,
            name: table.name(context.route),
            status: Int(status),
            seconds: Double(microseconds) / 1_000_000,
            bytes: bytes
        )
        let level = level ?? (status >= 500 ? .error : status >= 400 || context.event != nil ? .info : .debug)
        guard level >= log.logLevel, !context.isUnlogged else { return }
        log.write(
            RequestLine(
                level: level,
                message: message,
                requestID: context.id,
                route: table.name(context.route),
                status: Int(status),
                bytes: bytes,
                microseconds: microseconds,
                client: context.client,
                organisation: context.organisation,
                key: context.key,
                event: context.event,
                code: failure?.code,
                cause: failure?.detail
            )
        )
    }
}
