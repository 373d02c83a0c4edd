package import Logging
package import SendLogCore
package import SendLogNetwork

/// What the log has of a request.
package struct RequestLine {
    package let level: Logger.Level
    /// What happened, such as `request completed`.
    package let message: Logger.Message
    package let requestID: String
    /// The name of the route, such as `GET /send-logs/:send_id`.
    package let route: String
    package let status: Int
    /// The number of bytes of the response's body that were sent.
    package let bytes: Int
    /// The duration from the request's head to the end of the response.
    package let microseconds: Int
    package let client: IPAddress?
    package let organisation: OrganisationID?
    package let key: APIKeyID?
    /// What the request did, if the log has it.
    package let event: RequestEvent?
    /// The code of the error; `nil` if the request did not fail.
    package let code: String?
    /// The cause of a failure on the server's side.
    package let cause: String?

    package init(
        level: Logger.Level,
        message: Logger.Message = "request completed",
        requestID: String,
        route: String,
        status: Int,
        bytes: Int,
        microseconds: Int,
        client: IPAddress? = nil,
        organisation: OrganisationID? = nil,
        key: APIKeyID? = nil,
        event: RequestEvent? = nil,
        code: String? = nil,
        cause: String? = nil
    ) {
        (self.level, self.message, self.requestID, self.route) = (level, message, requestID, route)
        (self.status, self.bytes, self.microseconds) = (status, bytes, microseconds)
        (self.client, self.organisation, self.key, self.event) = (client, organisation, key, event)
        (self.code, self.cause) = (code, cause)
    }

    /// The fields of the line as metadata of a logger.
    package var metadata: Logger.Metadata {
        var metadata: Logger.Metadata = [
            "request_id": "\(requestID)", "route": "\(route)", "status": .stringConvertible(status),
            "bytes": .stringConvertible(bytes), "ms": .stringConvertible(Double(microseconds) / 1000),
        ]
        if let client { metadata["client"] = "\(client)" }
        if let organisation { metadata["organisation"] = .stringConvertible(organisation.number) }
        if let key { metadata["key"] = "\(key)" }
        if let event {
            metadata["event"] = "\(event.name)"
            for field in event.fields { metadata[field.name] = field.value.metadata }
        }
        if let code { metadata["code"] = "\(code)" }
        if let cause { metadata["cause"] = "\(cause)" }
        return metadata
    }
}

/// Writes the log lines of requests.
package protocol RequestLog: Sendable {
    /// The minimum level of lines.
    var logLevel: Logger.Level { get }

    /// Writes a line, and waits for no file.
    func write(_ line: RequestLine)
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
