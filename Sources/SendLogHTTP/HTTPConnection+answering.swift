import NIOCore
import NIOHTTP1

extension HTTPConnection {
    /// How long a body may be to be copied behind its head, in bytes, which is cheaper than to send it apart.
    private static let mostCopied = 8192

    var isOpen: Bool { !isOver && context?.channel.isActive == true }

    func buffer(capacity: Int) -> ByteBuffer {
        context?.channel.allocator.buffer(capacity: capacity) ?? ByteBuffer()
    }

    /// Invites the client to send the body that it announced (<https://www.rfc-editor.org/rfc/rfc9110#section-10.1.1>).
    func invite() {
        guard let context, exchange?.awaitsInvitation == true else { return }
        exchange?.awaitsInvitation = false
        var line = buffer(capacity: 32)
        line.writeStaticString("HTTP/1.1 100 Continue\r\n\r\n")
        context.writeAndFlush(wrapOutboundOut(line), promise: nil)
    }

    /// Answers with a body that is all there.
    func send(_ head: AnswerHead, body: [ByteBuffer]) {
        guard let context else { return }
        let length = body.reduce(0) { $0 + $1.readableBytes }
        var bytes = buffer(capacity: 384 + (length <= Self.mostCopied ? length : 0))
        begin(head, framing: .length(length), to: &bytes)
        let isHead = exchange?.isHead ?? false
        if isHead || length > Self.mostCopied {
            context.write(wrapOutboundOut(bytes), promise: nil)
            if !isHead { for part in body { context.write(wrapOutboundOut(part), promise: nil) } }
            context.flush()
        } else {
            for part in body { bytes.writeImmutableBuffer(part) }
            context.write(wrapOutboundOut(bytes), promise: nil)
            loop.flushSoon(context)
        }
    }

    /// Begins an answer of unknown length.
    ///
    /// - Returns: whether the client wants the body.
    func begin(_ head: AnswerHead) -> Bool {
        guard let context, let exchange, !isOver else { return false }
        var bytes = buffer(capacity: 384)
        if exchange.isHead {
            begin(head, framing: .none, to: &bytes)
            context.writeAndFlush(wrapOutboundOut(bytes), promise: nil)
            return false
        }
        self.exchange?.isChunked = !exchange.isOld
        begin(head, framing: exchange.isOld ? .close : .chunks, to: &bytes)
        // Sent with the first piece.
        context.write(wrapOutboundOut(bytes), promise: nil)
        return true
    }

    /// Sends the next piece (<https://www.rfc-editor.org/rfc/rfc9112#section-7.1>).
    ///
    /// - Parameters:
    ///   - piece: the piece, not empty
    ///   - continuation: resumed when the client has taken enough, with whether it is still there
    func write(_ piece: ByteBuffer, _ continuation: UnsafeContinuation<Bool, Never>) {
        guard let context, let exchange, !isOver else { return continuation.resume(returning: false) }
        if exchange.isChunked {
            var line = buffer(capacity: 16)
            if exchange.isInChunk { line.writeStaticString("\r\n") }
            line.writeHexadecimal(piece.readableBytes)
            line.writeStaticString("\r\n")
            context.write(wrapOutboundOut(line), promise: nil)
            self.exchange?.isInChunk = true
        }
        context.writeAndFlush(wrapOutboundOut(piece), promise: nil)
        waitForRoom(continuation)
    }

    /// Waits until the client has taken enough; see ``write(_:_:)``.
    func waitForRoom(_ continuation: UnsafeContinuation<Bool, Never>) {
        guard let context, !isOver, !context.channel.isWritable else { return continuation.resume(returning: isOpen) }
        lastSign = .now()
        wait = .room(continuation)
    }

    /// Ends an answer of unknown length.
    func end() {
        guard let context, let exchange, !exchange.isHead else { return }
        var bytes = buffer(capacity: 16)
        if exchange.isChunked {
            bytes.writeStaticString(exchange.isInChunk ? "\r\n0\r\n\r\n" : "0\r\n\r\n")
        }
        context.writeAndFlush(wrapOutboundOut(bytes), promise: nil)
    }

    private func begin(_ head: AnswerHead, framing: AnswerHead.Framing, to bytes: inout ByteBuffer) {
        // Whether the client sends the body without having been invited cannot be known; and behind a body that broke off nothing comes.
        if exchange?.awaitsInvitation == true || isBodyCutOff { exchange?.closes = true }
        exchange?.isHeadSent = true
        let (isOld, closes) = (exchange?.isOld ?? false, exchange?.closes ?? true)
        head.write(to: &bytes, framing: framing, isOld: isOld, closes: closes)
    }

    /// Ends a request: goes on with the next one, or closes the connection.
    func answered(wholly isWhole: Bool) {
        guard let exchange else { return }
        self.exchange = nil
        pace.noteResponse(isBodyOver: isBodyOver, at: .now())
        guard let context, !isOver else { return }
        if !isWhole || !exchange.isHeadSent {
            // What is a part of an answer must not look like the whole of it; answers before it are whole.
            if !exchange.isOld { context.flush() }
            isOver = true
            if exchange.isOld { resetOnClose(context) }
            context.close(promise: nil)
        } else if exchange.closes {
            finish(context, lingers: true)
        } else {
            lastSign = .now()
            advance()
        }
    }
}
