import NIOCore
import NIOHTTP1

// What tasks wait for.
extension HTTPConnection {
    /// Whether the end of the current request's body will never come.
    var isBodyCutOff: Bool {
        guard inputEnd != nil, !isBodyOver else { return false }
        return !input.contains { part in if case .end = part { true } else { false } }
    }

    /// The next piece of the current request's body, or `nil` at its end.
    func nextPiece() async throws(ConnectionBroken) -> ByteBuffer? {
        while true {
            if isBodyOver { return nil }
            switch input.popFirst() {
            case .body(let buffer):
                bytesWaiting -= buffer.readableBytes
                return buffer
            case .end:
                isBodyOver = true
                return nil
            case .head: throw ConnectionBroken()
            case nil:
                if inputEnd != nil || isOver { throw ConnectionBroken() }
                if isReadHeldBack, let context, mayRead(context) {
                    isReadHeldBack = false
                    context.read()
                }
                lastSign = .now()
                await withUnsafeContinuation { wait = .piece($0) }
            }
        }
    }

    /// Waits until the client took enough of what was sent.
    func room() async throws(ConnectionBroken) {
        while let context, !isOver {
            if context.channel.isWritable { return }
            lastSign = .now()
            await withUnsafeContinuation { wait = .room($0) }
        }
        throw ConnectionBroken()
    }

    func resume() {
        let waiting = wait
        wait = nil
        switch waiting {
        case .piece(let continuation), .room(let continuation): continuation.resume()
        case nil: break
        }
    }
}
