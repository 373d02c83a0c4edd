import SendLogCore

/// The JSON around every response of the API: `ok`, then `data` or `error`, then `requestId`.
enum Envelope {
    /// The number of bytes around the data and the request ID.
    static let length = 34
}

extension [UInt8] {
    /// Begins the envelope of a success, up to its data.
    mutating func beginEnvelope() { append("{\"ok\":true,\"data\":") }

    /// Ends an envelope after its data or its error.
    mutating func endEnvelope(requestID: String) {
        append(",\"requestId\":")
        appendJSON(requestID)
        append("}")
    }
}
