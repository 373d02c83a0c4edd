import CCurl
import Foundation
import SendLogCore
import SendLogNetwork

// The callbacks of libcurl.
extension CurlTransfer {
    /// Receives one header line.
    ///
    /// - Returns: the number of bytes taken; 0 aborts the transfer.
    func receiveHeader(_ bytes: UnsafeMutablePointer<CChar>?, _ count: Int) -> Int {
        headerBytes += count
        guard let bytes, headerBytes <= HTTPExchange.maxHeaderBytes else {
            abort = .headersTooLong
            return 0
        }
        // Ignores trailers, which may follow the body.
        if result.status != nil { return count }
        let line = UnsafeRawBufferPointer(start: bytes, count: count)
        if line.starts(with: "HTTP/".utf8) {
            result.retryAfter = nil
        } else if line.first == UInt8(ascii: "\r") || line.first == UInt8(ascii: "\n") {
            // The end of a header section. An interim response (1xx) is followed by another section.
            let status = curl_get_long(handle, CURLINFO_RESPONSE_CODE)
            if (200...999).contains(status) { result.status = status }
        } else if let value = Self.value(of: "retry-after", in: line) {
            result.retryAfter = value
        }
        return count
    }

    /// Returns the value of a header line if its field has this name.
    ///
    /// - Parameters:
    ///   - name: the name in lower case
    ///   - line: the header line
    /// - Returns: the value without surrounding whitespace; `nil` for another field.
    private static func value(of name: StaticString, in line: UnsafeRawBufferPointer) -> String? {
        let size = name.utf8CodeUnitCount
        guard line.count > size, line[size] == UInt8(ascii: ":"),
            (0..<size).allSatisfy({ line[$0].lowercasedASCII == name.utf8Start[$0] })
        else { return nil }
        return String(decoding: line[(size + 1)...].trimmedASCIIWhiteSpace, as: UTF8.self)
    }

    /// Receives a part of the body.
    ///
    /// - Returns: the number of bytes taken; 0 aborts the transfer.
    func receiveBody(_ bytes: UnsafeMutablePointer<CChar>?, _ count: Int) -> Int {
        bodyBytes += count
        let remaining = DeliveryAttempt.maxResponseBytes - result.body.count
        if remaining > 0 { result.body += UnsafeRawBufferPointer(start: bytes, count: min(count, remaining)) }
        guard bodyBytes <= HTTPExchange.maxBodyBytes else {
            abort = .bodyTooLong
            return 0
        }
        return count
    }

    /// Decides whether the request may be sent on the connection that libcurl chose.
    func maySendRequest(from address: UnsafeMutablePointer<CChar>?, _ port: Int32) -> Int32 {
        guard let address else { return CURL_PREREQFUNC_OK }
        let text = String(cString: address)
        if let socket {
            sockets.add(socket, address: text, port: port)
        } else if !sockets.isReusable(address: text, port: port) {
            abort = .staleConnection
            return CURL_PREREQFUNC_ABORT
        }
        return CURL_PREREQFUNC_OK
    }

    /// Opens a socket for the checked address, and refuses any other address.
    func openSocket(_ requested: UnsafeMutablePointer<curl_sockaddr>?) -> curl_socket_t {
        guard let requested, let addressOffset = MemoryLayout<curl_sockaddr>.offset(of: \.addr),
            // The struct ends with the beginning of an address, which may be longer.
            IPAddress(UnsafeRawPointer(requested) + addressOffset, family: requested.pointee.family) == exchange.address
        else { return CURL_SOCKET_BAD }
        let (family, kind) = (requested.pointee.family, requested.pointee.socktype)
        let descriptor = makeSocket(family, kind, requested.pointee.protocol)
        if descriptor < 0 {
            socketError = errno
            return CURL_SOCKET_BAD
        }
        socket = descriptor
        return descriptor
    }
}

/// Opens a socket that child processes do not inherit.
private func makeSocket(_ family: Int32, _ kind: Int32, _ number: Int32) -> Int32 {
    #if canImport(Glibc)
    return socket(family, kind | Int32(SOCK_CLOEXEC.rawValue), number)
    #else
    let descriptor = socket(family, kind, number)
    if descriptor >= 0 { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
    return descriptor
    #endif
}
