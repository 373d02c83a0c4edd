import NIOCore
import NIOHTTP1

// What tasks wait for.
extension HTTPConnection {
    /// Whether the end of the current request's body will never come.
    var isBodyCutOff: Bool {
        guard inputEnd != nil, !isBodyOver else { return false }
        return !input.contains { part in if case .end = part { true } else { false } }
    }

    /// Hands over what has arrived of the current request's body, now or as soon as something has; `nil` if the body is cut off.
    func takeBody(_ continuation: UnsafeContinuation<ArrivedBody?, Never>) {
        if let arrived = arrivedBody() {
            continuation.resume(returning: arrived)
            return readOn()
        }
        if inputEnd != nil || isOver || !input.isEmpty { return continuation.resume(returning: nil) }
        lastSign = .now()
        wait = .body(continuation)
        readOn()
    }

    /// Reads more from the network if there is room for it again.
    private func readOn() {
        guard isReadHeldBack, let context, mayRead(context) else { return }
        isReadHeldBack = false
        context.read()
    }

    /// Takes what has arrived of the current request's body.
    ///
    /// - Returns: `nil` if nothing has and more is to come.
    func arrivedBody() -> ArrivedBody? {
        var pieces: [ByteBuffer] = []
        while !isBodyOver {
            switch input.first {
            case .body(let buffer):
                bytesWaiting -= buffer.readableBytes
                pieces.append(buffer)
            case .end: isBodyOver = true
            case .head, nil: return pieces.isEmpty ? nil : ArrivedBody(pieces: pieces, isEnd: false)
            }
            input.removeFirst()
        }
        return ArrivedBody(pieces: pieces, isEnd: true)
    }

    func resume() {
        switch wait {
        case .body(let continuation):
            wait = nil
            takeBody(continuation)
        case .room(let continuation):
            wait = nil
            continuation.resume(returning: isOpen)
        case nil: break
        }
    }
}

/// What arrived of a request's body.
struct ArrivedBody: Sendable {
    var pieces: [ByteBuffer] = []
    /// Whether nothing comes behind it.
    var isEnd = false
}
