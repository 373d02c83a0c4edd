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
        let seconds = (ContinuousClock.now - context.begin) / .seconds(1)
        let route = table.name(context.route)
        metrics.requestCompleted(route: context.route, name: route, status: Int(status), seconds: seconds, bytes: bytes)
        let level = level ?? (status >= 500 ? .error : status >= 400 || context.event != nil ? .info : .debug)
        guard level >= logger.logLevel, !context.isUnlogged else { return }
        var metadata: Logger.Metadata = [
            "request_id": "\(context.id)", "route": "\(route)", "status": .stringConvertible(Int(status)),
            "bytes": .stringConvertible(bytes), "ms": .stringConvertible((seconds * 1_000_000).rounded() / 1000),
        ]
        if let client = context.client { metadata["client"] = "\(client)" }
        if let organisation = context.organisation {
            metadata["organisation"] = .stringConvertible(organisation.number)
        }
        if let key = context.key { metadata["key"] = "\(key)" }
        if let event = context.event {
            metadata["event"] = "\(event.name)"
            for field in event.fields { metadata[field.name] = field.value.metadata }
        }
        if let failure { metadata["code"] = "\(failure.code)" }
        if let detail = failure?.detail { metadata["cause"] = "\(detail)" }
        logger.log(level: level, message, metadata: metadata)
    }
}

extension RequestEvent.Value {
    /// The value as the log has it: JSON has numbers as numbers.
    fileprivate var metadata: Logger.MetadataValue {
        switch self {
        case .text(let text): .string(text)
        case .number(let number): .stringConvertible(number)
        }
    }
}
