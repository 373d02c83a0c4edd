import Testing

/// Expects a response with the error envelope, a status, an error code, and fragments of the message.
func expectFailure(
    _ response: HTTPResponse,
    _ status: Int,
    _ code: String,
    says fragments: String...,
    issue path: String? = nil,
    sourceLocation: SourceLocation = #_sourceLocation
) throws {
    let text = Comment(rawValue: "status \(response.status): \(response.text.prefix(700))")
    try #require(response.status == status, text, sourceLocation: sourceLocation)
    #expect(response["content-type"]?.hasPrefix("application/json") == true, text, sourceLocation: sourceLocation)
    #expect(
        response.text.hasPrefix("{\"ok\":false,\"error\":{\"code\":\"\(code)\",\"message\":\""),
        text,
        sourceLocation: sourceLocation
    )
    let envelope = try response.json()
    #expect(envelope.names == ["error", "ok", "requestId"], text, sourceLocation: sourceLocation)
    #expect(envelope["requestId"].string == response["x-request-id"], text, sourceLocation: sourceLocation)
    let error = envelope["error"]
    let message = error["message"].string ?? ""
    #expect(!message.isEmpty, text, sourceLocation: sourceLocation)
    for word in fragments { #expect(message.contains(word), text, sourceLocation: sourceLocation) }
    let issues = error["issues"]
    guard code == "invalid_request" else {
        #expect(issues == .null, text, sourceLocation: sourceLocation)
        #expect(path == nil, "only invalid_request has issues", sourceLocation: sourceLocation)
        return
    }
    #expect(!issues.elements.isEmpty, text, sourceLocation: sourceLocation)
    for issue in issues.elements {
        #expect(issue.names == ["message", "path"], text, sourceLocation: sourceLocation)
        #expect(issue["message"].string?.isEmpty == false, text, sourceLocation: sourceLocation)
        #expect(issue["path"].string != nil, text, sourceLocation: sourceLocation)
    }
    if let path {
        #expect(issues.elements.contains { $0["path"].string == path }, text, sourceLocation: sourceLocation)
    }
}
