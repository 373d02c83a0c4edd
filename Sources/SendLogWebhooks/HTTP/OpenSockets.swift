#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// The sockets of one ``CurlMulti``, by their local addresses: for a kept connection libcurl reports nothing else.
final class OpenSockets {
    private var descriptors: [String: Int32] = [:]

    private static func key(_ address: String, _ port: Int32) -> String { "\(address) \(port)" }

    /// Notes a socket that was connected.
    func add(_ descriptor: Int32, address: String, port: Int32) {
        descriptors[Self.key(address, port)] = descriptor
    }

    /// Closes a socket.
    func close(_ descriptor: Int32) -> Int32 {
        descriptors = descriptors.filter { $0.value != descriptor }
        return closeSocket(descriptor)
    }

    /// Whether a kept connection may carry another request: nothing has come on it since the last response, not even its end.
    ///
    /// What came belongs to no request, and must not pass for the response to the next one; such a connection is shut down.
    func isQuiet(address: String, port: Int32) -> Bool {
        guard let descriptor = descriptors[Self.key(address, port)] else { return true }
        var byte: UInt8 = 0
        if recv(descriptor, &byte, 1, Int32(MSG_PEEK) | Int32(MSG_DONTWAIT)) < 0, errno == EAGAIN {
            return true
        }
        // Unread bytes would make libcurl take it for alive.
        var bytes = [UInt8](repeating: 0, count: 65_536)
        _ = recv(descriptor, &bytes, bytes.count, Int32(MSG_DONTWAIT))
        _ = shutdown(descriptor, Int32(SHUT_RDWR))
        return false
    }
}

/// The system's `close`, which the method of that name hides.
private func closeSocket(_ descriptor: Int32) -> Int32 { close(descriptor) }
