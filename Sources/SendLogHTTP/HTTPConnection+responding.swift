import NIOCore
import NIOHTTP1

/// Sends the responses of the handlers: complete ones at once, streamed ones piece by piece.
extension HTTPConnection: ClientConnection {
    /// The maximum length in bytes of a body that is copied into the buffer of its head, which is cheaper than a second
    /// write.
    private static let maxCopiedBytes = 8192

    /// Whether the client is still connected and the last response was not written.
    var isOpen: Bool { !isFinished && context?.channel.isActive == true }

    func buffer(capacity: Int) -> ByteBuffer { context?.channel.allocator.buffer(capacity: capacity) ?? ByteBuffer() }

    /// Sends `100 Continue` if the client waits for it (<https://www.rfc-editor.org/rfc/rfc9110#section-10.1.1>).
    func sendContinue() {
        guard let context, exchange?.expectsContinue == true else { return }
        exchange?.expectsContinue = false
        var line = buffer(capacity: 32)
        line.writeStaticString("HTTP/1.1 100 Continue\r\n\r\n")
        context.writeAndFlush(wrapOutboundOut(line), promise: nil)
    }

    /// Why the connection ended before the last response was written; `nil` while it is open.
    var connectionEnd: ConnectionEnd? {
        isOpen ? nil : closeReason ?? (loop.isClosing ? .shutdown : .clientDisconnected)
    }

    /// Sends a response whose body is complete.
    ///
    /// - Returns: the number of bytes of the body that are sent.
    func send(_ head: ResponseHead, body: [ByteBuffer]) -> Int {
        guard let context else { return 0 }
        let length = body.reduce(0) { $0 + $1.readableBytes }
        var bytes = buffer(capacity: 384 + (length <= Self.maxCopiedBytes ? length : 0))
        // The length of a body that a status excludes would be taken for the length of another response.
        begin(head, framing: head.status.mayHaveResponseBody ? .length(length) : .none, to: &bytes)
        let isHeadRequest = exchange?.isHeadRequest ?? false
        if isHeadRequest || length > Self.maxCopiedBytes {
            context.write(wrapOutboundOut(bytes), promise: nil)
            if !isHeadRequest { for part in body { context.write(wrapOutboundOut(part), promise: nil) } }
        } else {
            for part in body { bytes.writeImmutableBuffer(part) }
            context.write(wrapOutboundOut(bytes), promise: nil)
        }
        loop.scheduleFlush(context)
        return isHeadRequest ? 0 : length
    }

    /// Begins a response whose body is sent in pieces.
    ///
    /// - Parameters:
    ///   - head: the head
    ///   - length: the length of the body in bytes; `nil` if it is not known
    /// - Returns: whether the client expects the body.
    func begin(_ head: ResponseHead, length: Int?) -> Bool {
        guard let context, let exchange, !isFinished else { return false }
        var bytes = buffer(capacity: 384)
        let known = length.map { ResponseHead.Framing.length($0) }
        if exchange.isHeadRequest {
            begin(head, framing: known ?? .none, to: &bytes)
            context.writeAndFlush(wrapOutboundOut(bytes), promise: nil)
            return false
        }
        self.exchange?.isChunked = known == nil && !exchange.isHTTP10
        begin(head, framing: known ?? (exchange.isHTTP10 ? .close : .chunks), to: &bytes)
        // Flushed with the first piece.
        context.write(wrapOutboundOut(bytes), promise: nil)
        return true
    }

    /// Sends the next piece of the body: as a chunk, if the length of the body is not known
    /// (<https://www.rfc-editor.org/rfc/rfc9112#section-7.1>).
    ///
    /// - Parameters:
    ///   - piece: the bytes, not empty
    ///   - taken: called once the connection is writable again, with whether it is still open
    func write(_ piece: ByteBuffer, _ taken: @escaping (Bool) -> Void) {
        guard let context, let exchange, !isFinished else { return taken(false) }
        if exchange.isChunked {
            var line = buffer(capacity: 16)
            if exchange.isInChunk { line.writeStaticString("\r\n") }
            line.writeString(String(piece.readableBytes, radix: 16))
            line.writeStaticString("\r\n")
            context.write(wrapOutboundOut(line), promise: nil)
            self.exchange?.isInChunk = true
        }
        context.writeAndFlush(wrapOutboundOut(piece), promise: nil)
        guard isOpen, !context.channel.isWritable else { return taken(isOpen) }
        if case .writable(let earlier)? = wait {
            wait = .writable(earlier + [taken])
            // The piece must not hide that the client reads.
            if lastUnsentBytes != .max { lastUnsentBytes += piece.readableBytes }
        } else {
            lastActivity = .now()
            wait = .writable([taken])
        }
    }

    /// Ends a response whose body was sent in pieces.
    func end() {
        guard let context, let exchange, !exchange.isHeadRequest else { return }
        var bytes = buffer(capacity: 16)
        if exchange.isChunked { bytes.writeStaticString(exchange.isInChunk ? "\r\n0\r\n\r\n" : "0\r\n\r\n") }
        context.writeAndFlush(wrapOutboundOut(bytes), promise: nil)
    }

    private func begin(_ head: ResponseHead, framing: ResponseHead.Framing, to bytes: inout ByteBuffer) {
        // It is unknown whether the client sends the body without `100 Continue`. After a truncated body, no request
        // follows.
        if exchange?.expectsContinue == true || isBodyTruncated { exchange?.closes = true }
        exchange?.isHeadSent = true
        let (isHTTP10, closes) = (exchange?.isHTTP10 ?? false, exchange?.closes ?? true)
        head.write(to: &bytes, framing: framing, isHTTP10: isHTTP10, closes: closes)
    }

    /// Closes the connection after the response in progress.
    func closeAfterwards() { exchange?.closes = true }

    /// Ends the exchange: starts the next request, or closes the connection.
    func responseEnded(isComplete: Bool) {
        guard let exchange else { return }
        self.exchange = nil
        slowClientDetector.didSendResponse(isBodyComplete: isBodyComplete, at: .now())
        guard let context, !isFinished else { return }
        if !isComplete || !exchange.isHeadSent {
            // A partial response must not look complete. Earlier responses are complete and are still sent.
            if !exchange.isHTTP10 { context.flush() }
            isFinished = true
            if exchange.isHTTP10 { resetOnClose(context) }
            context.close(promise: nil)
        } else if exchange.closes {
            finish(context, lingers: true)
        } else {
            lastActivity = .now()
            advance()
        }
    }
}
