import Foundation
import Glibc
import TestSupport
import Testing

/// Requests do not wait for the log.
@Suite(.blocking) struct SlowLogTests {
    @Test func `a log that is not read delays no request, and the lines that do not fit are counted`() throws {
        let folder = try TemporaryFolder()
        let pipe = folder.file("log")
        try #require(mkfifo(pipe, 0o600) == 0)
        let reader = open(pipe, O_RDWR | O_NONBLOCK)
        try #require(reader >= 0)
        defer { close(reader) }
        // The pipe has 64 KiB.
        let tenant = try Server(arguments: ["--log-buffer-bytes", "65536"], errorOutput: pipe).tenant()
        let requests = 3000
        let connection = try tenant.server.connect()
        for number in 0..<requests {
            let headers = tenant.headers + [("X-Request-Id", "request-\(number)")]
            #expect(try connection.request("GET", "/send-logs/missing", headers: headers).status == 404)
        }
        let metric = "sendlog_log_lines_dropped_total "
        let metrics = try connection.request("GET", "/metrics").text.split(separator: "\n")
        let dropped = try #require(metrics.first { $0.hasPrefix(metric) }.flatMap { Int($0.dropFirst(metric.count)) })
        #expect(dropped > 0 && dropped < requests)

        // Once somebody reads, the log has the rest, in order, and how many lines are missing.
        var bytes: [UInt8] = []
        let complete = Deadline.poll(for: 60) {
            var part = [UInt8](repeating: 0, count: 65_536)
            while true {
                let count = read(reader, &part, part.count)
                guard count > 0 else { break }
                bytes += part.prefix(count)
            }
            return String(decoding: bytes, as: UTF8.self).contains("log lines were dropped")
        }
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
        try #require(complete, "\(lines.suffix(3))")
        let reported = try #require(lines.last { $0.contains("log lines were dropped") })
        #expect(reported.contains(" warning ") && reported.hasSuffix(" lines=\(dropped)"), "\(reported)")
        let numbers = lines.compactMap {
            $0.firstMatch(of: #/request_id=request-([0-9]+) /#).flatMap { Int($0.output.1) }
        }
        #expect(numbers == Array(0..<(requests - dropped)), "\(numbers.count) lines")
    }
}
