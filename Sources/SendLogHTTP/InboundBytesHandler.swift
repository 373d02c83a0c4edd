import NIOCore

/// Notifies a connection of bytes before they are parsed, because the parser emits nothing until a head is complete.
///
/// Drops the bytes once the connection has sent its last response.
final class InboundBytesHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let connection: HTTPConnection

    init(_ connection: HTTPConnection) { self.connection = connection }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        // Bytes after the last response are dropped without parsing.
        if connection.isFinished { return }
        connection.didReceiveBytes()
        context.fireChannelRead(data)
    }
}
