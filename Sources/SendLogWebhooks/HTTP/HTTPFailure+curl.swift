import CCurl
import Foundation

/// Converts libcurl errors to the failures that attempts report.
extension HTTPFailure {
    /// Converts the libcurl error of a transfer, with the text of libcurl's error buffer.
    init(_ code: CURLcode, _ handle: UnsafeMutableRawPointer, text: String) {
        let number = Int32(curl_get_long(handle, CURLINFO_OS_ERRNO))
        switch code {
        case CURLE_COULDNT_CONNECT, CURLE_COULDNT_RESOLVE_HOST, CURLE_OPERATION_TIMEDOUT:
            self = .notConnected(
                reason: number == 0 ? "no connection to the address" : String(cString: strerror(number))
            )
        case CURLE_GOT_NOTHING, CURLE_PARTIAL_FILE: self = .closed
        case CURLE_RECV_ERROR, CURLE_SEND_ERROR: self = [ECONNRESET, EPIPE].contains(number) ? .reset : .closed
        case CURLE_UNSUPPORTED_PROTOCOL, CURLE_WEIRD_SERVER_REPLY, CURLE_BAD_CONTENT_ENCODING,
            CURLE_BAD_FUNCTION_ARGUMENT:
            self = .notHTTP
        case CURLE_PEER_FAILED_VERIFICATION: self = .certificate
        case CURLE_SSL_CONNECT_ERROR: self = Self.tlsFailure(text)
        default: self = .other(reason: String(cString: curl_easy_strerror(code)))
        }
    }

    /// Returns the TLS failure for OpenSSL's error text, such as `error:0A00010B:SSL routines::wrong version number`.
    private static func tlsFailure(_ text: String) -> HTTPFailure {
        if ["wrong version number", "http request", "packet length too long"].contains(where: { text.contains($0) }) {
            return .notTLS
        }
        // Without `error:`, the text contains the address of the connection, so it is not used.
        let reason = text.contains("error:") ? text.split(separator: ":").last?.drop { $0 == " " } ?? "" : ""
        return .tls(reason: reason.isEmpty ? "the connection was closed" : String(reason.prefix(100)))
    }
}
