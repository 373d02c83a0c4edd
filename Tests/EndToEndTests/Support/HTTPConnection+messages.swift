import TestSupport

/// A header field of a request or response.
typealias Header = (name: String, value: String)

extension HTTPConnection {
    /// Sends a request and reads its response; the connection can be used again.
    ///
    /// - Parameters:
    ///   - method: the method
    ///   - target: path and query, sent as given
    ///   - headers: the headers except for `Host` and `Content-Length`
    ///   - body: the body
    ///   - chunked: the sizes of the body's chunks, the last of which is repeated; `nil` to send a `Content-Length`
    /// - Returns: the response.
    /// - Throws: if there is no response.
    func request(
        _ method: String,
        _ target: String,
        headers: [Header] = [],
        body: [UInt8]? = nil,
        chunked: [Int]? = nil
    ) throws -> HTTPResponse {
        try send(
            head: method,
            target,
            headers: headers,
            length: chunked == nil ? body?.count : nil,
            isChunked: chunked != nil
        )
        do {
            if let body, let chunked {
                try send(chunks: body, sizes: chunked)
            } else if let body {
                try send(body)
            }
        } catch {
            // A server that refuses a long body responds before it has read it all.
            return try response(to: method)
        }
        return try response(to: method)
    }

    /// Sends a request's head.
    func send(
        head method: String,
        _ target: String,
        headers: [Header] = [],
        length: Int? = nil,
        isChunked: Bool = false
    ) throws {
        var head = "\(method) \(target) HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        for header in headers { head += "\(header.name): \(header.value)\r\n" }
        if let length { head += "Content-Length: \(length)\r\n" }
        if isChunked { head += "Transfer-Encoding: chunked\r\n" }
        try send(head + "\r\n")
    }

    /// Sends one chunk of a body.
    func send(chunk: some Collection<UInt8>) throws {
        try send("\(String(chunk.count, radix: 16))\r\n")
        try send(chunk)
        try send("\r\n")
    }

    /// Ends a chunked body.
    func endChunks() throws {
        try send("0\r\n\r\n")
    }

    private func send(chunks body: [UInt8], sizes: [Int]) throws {
        var (rest, number) = (body[...], 0)
        while !rest.isEmpty {
            let size = sizes[min(number, sizes.count - 1)]
            try send(chunk: rest.prefix(size))
            rest = rest.dropFirst(size)
            number += 1
        }
        try endChunks()
    }

    /// Reads a response to its end.
    ///
    /// - Parameter method: the request's method: a response to `HEAD` has no body
    /// - Returns: the response.
    /// - Throws: if there is no response.
    func response(to method: String = "GET") throws -> HTTPResponse {
        var head = try responseHead()
        while head.status < 200 { head = try responseHead() }
        var response = head
        if method == "HEAD" || head.status == 204 || head.status == 304 { return response }
        if head["transfer-encoding"]?.lowercased() == "chunked" {
            while let chunk = try chunk() { response.body += chunk }
        } else if let length = head["content-length"] {
            guard let length = Int(length) else { throw TestFailure("not a content-length: \(length)") }
            response.body = try bytes(length)
        } else {
            response.body = try readToEnd()
        }
        return response
    }

    /// Reads the head of a response and returns the response without its body.
    func responseHead() throws -> HTTPResponse {
        let line = try line()
        let parts = line.split(separator: " ", maxSplits: 2)
        guard parts.count >= 2, parts[0] == "HTTP/1.1", let status = Int(parts[1]) else {
            throw TestFailure("not a status line: \(line)")
        }
        var headers: [Header] = []
        while case let line = try self.line(), !line.isEmpty {
            guard let colon = line.firstIndex(of: ":") else { throw TestFailure("not a header: \(line)") }
            let value = line[line.index(after: colon)...].drop { $0 == " " }
            headers.append((line[..<colon].lowercased(), String(value)))
        }
        return HTTPResponse(status: status, headers: headers)
    }

    /// Reads one chunk of a body.
    ///
    /// - Returns: the chunk, or `nil` at the end of the body.
    func chunk() throws -> [UInt8]? {
        let line = try line()
        guard let size = Int(line.prefix { $0 != ";" }, radix: 16) else { throw TestFailure("no chunk size: \(line)") }
        let chunk = try bytes(size)
        guard try self.line().isEmpty else { throw TestFailure("a chunk is longer than its size") }
        return size == 0 ? nil : chunk
    }
}
