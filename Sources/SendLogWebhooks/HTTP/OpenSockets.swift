import Foundation

/// Checks whether an idle connection may carry another request: not if anything arrived on it since its last response.
///
/// Holds the sockets of one ``CurlMulti`` by local address, the only property that libcurl reports for a reused
/// connection.
final class OpenSockets {
    private var descriptors: [String: Int32] = [:]

    private static func key(_ address: String, _ port: Int32) -> String { "\(address) \(port)" }

    /// Adds a connected socket.
    func add(_ descriptor: Int32, address: String, port: Int32) { descriptors[Self.key(address, port)] = descriptor }

    /// Closes a socket and removes it.
    func close(_ descriptor: Int32) -> Int32 {
        descriptors = descriptors.filter { $0.value != descriptor }
        return Foundation.close(descriptor)
    }

    /// Returns whether no data, and no end of stream, has arrived on an idle connection since the last response.
    ///
    /// Such data belongs to no request, and must not be read as the response to the next one. The method shuts such a
    /// connection down.
    func isReusable(address: String, port: Int32) -> Bool {
        guard let descriptor = descriptors[Self.key(address, port)] else { return true }
        var byte: UInt8 = 0
        if recv(descriptor, &byte, 1, Int32(MSG_PEEK) | Int32(MSG_DONTWAIT)) < 0, errno == EAGAIN { return true }
        // Reads the data: unread bytes would make libcurl treat the connection as alive.
        var bytes = [UInt8](repeating: 0, count: 65_536)
        _ = recv(descriptor, &bytes, bytes.count, Int32(MSG_DONTWAIT))
        _ = shutdown(descriptor, Int32(SHUT_RDWR))
        return false
    }
}
