import Testing

extension Tenant {
    /// Sends a request with an `Idempotency-Key`; without a body, a send log that has no `_id`.
    func request(
        _ method: String = "POST",
        _ target: String = "/send-logs",
        key: String,
        _ body: String? = nil,
        headers: [Header] = []
    ) throws -> HTTPResponse {
        let body = body ?? SampleLog(id: "").json("_id", nil)
        return try request(method, target, headers: [("Idempotency-Key", key)] + headers, body: Array(body.utf8))
    }
}

/// Expects that a response is the same as an earlier one, with a request ID of its own.
func expectReplay(
    _ response: HTTPResponse,
    of first: HTTPResponse,
    sourceLocation: SourceLocation = #_sourceLocation
) throws {
    let text = Comment(rawValue: "status \(response.status): \(response.text.prefix(700))")
    #expect(response.status == first.status, text, sourceLocation: sourceLocation)
    #expect(response["idempotency-replayed"] == "true", text, sourceLocation: sourceLocation)
    #expect(first["idempotency-replayed"] == nil, sourceLocation: sourceLocation)
    #expect(response["location"] == first["location"], sourceLocation: sourceLocation)
    #expect(response["content-type"] == first["content-type"], sourceLocation: sourceLocation)
    let ids = [response, first].map { $0["x-request-id"] ?? "" }
    #expect(ids[0] != ids[1], sourceLocation: sourceLocation)
    #expect(response.text.replacing(ids[0], with: ids[1]) == first.text, text, sourceLocation: sourceLocation)
    #expect(response.text.hasSuffix(",\"requestId\":\"\(ids[0])\"}"), text, sourceLocation: sourceLocation)
}
