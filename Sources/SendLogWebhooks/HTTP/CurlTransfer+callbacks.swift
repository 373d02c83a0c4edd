import CCurl
import SendLogCore
import SendLogNetwork

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

// What libcurl calls during a transfer.
extension CurlTransfer {
    /// Takes a line of a header section; 0 stops the transfer.
    func receiveHeader(_ bytes: UnsafeMutablePointer<CChar>?, _ count: Int) -> Int {
        headerBytes += count
        guard let bytes, headerBytes <= HTTPExchange.maxHeaderBytes else {
            abort = .headersAreLong
            return 0
        }
        // Trailers may follow a body.
        if result.status != nil { return count }
        let line = UnsafeRawBufferPointer(start: bytes, count: count)
        if line.starts(with: "HTTP/".utf8) {
            result.retryAfter = nil
        } else if line.first == UInt8(ascii: "\r") || line.first == UInt8(ascii: "\n") {
            // The end of a section. Interim responses (1xx) are followed by another.
            let status = curl_get_long(handle, CURLINFO_RESPONSE_CODE)
            if (200...999).contains(status) { result.status = status }
        } else if let value = Self.value(of: "retry-after", in: line) {
            result.retryAfter = value
        }
        return count
    }

    /// The value of a header line, if it is the field of that name (in lower case).
    private static func value(of name: StaticString, in line: UnsafeRawBufferPointer) -> String? {
        let size = name.utf8CodeUnitCount
        guard line.count > size, line[size] == UInt8(ascii: ":"),
            (0..<size).allSatisfy({ line[$0] | 0x20 == name.utf8Start[$0] })
        else { return nil }
        let blanks = " \t\r\n".utf8
        let value = line[(size + 1)...].drop { blanks.contains($0) }
        let end = value.lastIndex { !blanks.contains($0) }.map { $0 + 1 } ?? value.startIndex
        return String(decoding: value[..<end], as: UTF8.self)
    }

    /// Takes a part of the body; 0 stops the transfer.
    func receiveBody(_ bytes: UnsafeMutablePointer<CChar>?, _ count: Int) -> Int {
        bodyBytes += count
        let room = DeliveryAttempt.mostAnswer - result.body.count
        if room > 0 { result.body += UnsafeRawBufferPointer(start: bytes, count: min(count, room)) }
        guard bodyBytes <= HTTPExchange.maxBodyBytes else {
            abort = .bodyIsLong
            return 0
        }
        return count
    }

    /// Decides whether the request may be sent on the connection that libcurl chose.
    func mayRequest(from address: UnsafeMutablePointer<CChar>?, _ port: Int32) -> Int32 {
        guard let address else { return CURL_PREREQFUNC_OK }
        let text = String(cString: address)
        if let socket {
            sockets.add(socket, address: text, port: port)
        } else if !sockets.isQuiet(address: text, port: port) {
            abort = .connectionIsStale
            return CURL_PREREQFUNC_ABORT
        }
        return CURL_PREREQFUNC_OK
    }

    /// Opens a socket for the address that was checked, and for no other.
    func openSocket(_ wanted: UnsafeMutablePointer<curl_sockaddr>?) -> curl_socket_t {
        guard let wanted, let place = MemoryLayout<curl_sockaddr>.offset(of: \.addr),
            // The struct ends with the beginning of an address, which may be longer.
            IPAddress(UnsafeRawPointer(wanted) + place, family: wanted.pointee.family) == exchange.address
        else { return CURL_SOCKET_BAD }
        let (family, kind) = (wanted.pointee.family, wanted.pointee.socktype)
        let descriptor = makeSocket(family, kind, wanted.pointee.protocol)
        if descriptor < 0 {
            socketError = errno
            return CURL_SOCKET_BAD
        }
        socket = descriptor
        return descriptor
    }
}

/// Opens a socket that no child process inherits.
private func makeSocket(_ family: Int32, _ kind: Int32, _ number: Int32) -> Int32 {
    #if canImport(Glibc)
    return socket(family, kind | Int32(SOCK_CLOEXEC.rawValue), number)
    #else
    let descriptor = socket(family, kind, number)
    if descriptor >= 0 { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
    return descriptor
    #endif
}
