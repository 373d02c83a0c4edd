import NIOCore
import NIOHTTP1

// Tasks that wait for the client.
extension HTTPConnection {
    /// Whether the current request's body was cut off, so that its end never arrives.
    var isBodyTruncated: Bool {
        guard inputEnd != nil, !isBodyComplete else { return false }
        return !input.contains { part in if case .end = part { true } else { false } }
    }

    /// Resumes a continuation with the arrived parts of the request body, as soon as there are any.
    ///
    /// The continuation gets `nil` if the body was cut off.
    func takeBody(_ continuation: UnsafeContinuation<ArrivedBody?, Never>) {
        if let arrived = arrivedBody() {
            continuation.resume(returning: arrived)
            return readOn()
        }
        if inputEnd != nil || isFinished || !input.isEmpty { return continuation.resume(returning: nil) }
        lastActivity = .now()
        wait = .body(continuation)
        readOn()
    }

    /// Resumes reading from the network if the buffers have room again.
    private func readOn() {
        guard isReadPending, let context, mayRead(context) else { return }
        isReadPending = false
        context.read()
    }

    /// Removes the arrived parts of the current request's body from the input buffer.
    ///
    /// - Returns: the parts; `nil` if none arrived and more are to come.
    func arrivedBody() -> ArrivedBody? {
        var pieces: [ByteBuffer] = []
        while !isBodyComplete {
            switch input.first {
            case .body(let buffer):
                bufferedBytes -= buffer.readableBytes
                pieces.append(buffer)
            case .end: isBodyComplete = true
            case .head, nil: return pieces.isEmpty ? nil : ArrivedBody(pieces: pieces, isComplete: false)
            }
            input.removeFirst()
        }
        return ArrivedBody(pieces: pieces, isComplete: true)
    }

    func resume() {
        switch wait {
        case .body(let continuation):
            wait = nil
            takeBody(continuation)
        case .writable(let pieces):
            wait = nil
            for taken in pieces { taken(isOpen) }
        case nil: break
        }
    }
}
