import Foundation
import Glibc
import Logging
import SendLogAPI
import SendLogCore
import SendLogNetwork
import TestSupport
import Testing

@testable import SendLogServer

/// The lines of the log, and what happens to them if they cannot be written.
@Suite struct LogOutputTests {
    /// A pipe whose reader is the test.
    private struct Pipe: ~Copyable {
        let (reader, writer): (Int32, Int32)

        init() throws {
            var ends: [Int32] = [0, 0]
            guard pipe(&ends) == 0 else { throw TestFailure("no pipe: \(errno)") }
            (reader, writer) = (ends[0], ends[1])
            _ = fcntl(reader, F_SETFL, O_NONBLOCK)
        }

        deinit {
            close(reader)
            close(writer)
        }

        /// Reads what was written so far.
        func lines() -> [Substring] {
            var bytes: [UInt8] = []
            var part = [UInt8](repeating: 0, count: 65_536)
            while case let count = read(reader, &part, part.count), count > 0 { bytes += part.prefix(count) }
            return String(decoding: bytes, as: UTF8.self).split(separator: "\n")
        }
    }

    private static let requests = [
        RequestLine(level: .debug, requestID: "a", route: "unknown", status: 200, bytes: 0, microseconds: 0),
        RequestLine(
            level: .info,
            requestID: "0123456789abcdef",
            route: "GET /send-logs/:send_id",
            status: 404,
            bytes: 123,
            microseconds: 1500,
            client: IPAddress("192.0.2.1"),
            organisation: OrganisationID(17),
            key: APIKeyID(3),
            code: "resource_not_found"
        ),
        RequestLine(
            level: .error,
            message: "response broken off",
            requestID: "b",
            route: "POST /send-logs",
            status: 503,
            bytes: .max,
            microseconds: 1_234_567_890,
            client: IPAddress("2001:db8::1"),
            code: "unavailable",
            cause: "the \"database\"\nsays é"
        ),
        RequestLine(
            level: .info,
            requestID: "c",
            route: "POST /console/sign-in",
            status: 303,
            bytes: 1,
            microseconds: 70,
            event: .signInFailed("invalid key")
        ),
    ]

    @Test(arguments: [LogFormat.text, .json])
    func `the line of a request is the same as that of a logger with its fields`(format: LogFormat) throws {
        let pipe = try Pipe()
        let output = LogOutput(pipe.writer, format: format, capacity: 65_536)
        let log = LineLog(to: output, format: format, level: .debug)
        let logger = Logger(label: "test") { _ in log }
        for line in Self.requests {
            log.write(line)
            logger.log(level: line.level, line.message, metadata: line.metadata)
        }
        output.close()
        let lines = pipe.lines()
        try #require(lines.count == 2 * Self.requests.count)
        // The time is the only difference.
        let time = format == .json ? #"{"time":"2026-01-31T23:59:59.999Z""#.count : "2026-01-31T23:59:59.999Z".count
        for index in Self.requests.indices {
            #expect(lines[2 * index].dropFirst(time) == lines[2 * index + 1].dropFirst(time))
        }
        let expected =
            switch format {
            case .text:
                #" info request completed bytes=123 client=192.0.2.1 code=resource_not_found key=key_3 ms=1.5 "#
                    + #"organisation=17 request_id=0123456789abcdef route="GET /send-logs/:send_id" status=404"#
            case .json:
                #","level":"info","message":"request completed","bytes":123,"client":"192.0.2.1","#
                    + #""code":"resource_not_found","key":"key_3","ms":1.5,"organisation":17,"#
                    + #""request_id":"0123456789abcdef","route":"GET /send-logs/:send_id","status":404}"#
            }
        #expect(lines[2].dropFirst(time) == expected)
        #expect(lines[0].contains(format == .json ? #""ms":0.0"# : "ms=0.0"))
    }

    @Test func `while no reader takes them, lines are dropped and counted, and warnings have an eighth for themselves`()
        throws
    {
        let pipe = try Pipe()
        let output = LogOutput(pipe.writer, format: .text, capacity: 65_536)
        let logger = Logger(label: "test") { _ in LineLog(to: output, format: .text, level: .info) }
        var written = 0
        while output.dropped == 0 {
            logger.info("line", metadata: ["number": "\(written)"])
            written += 1
            // The pipe and two buffers are some 5000 lines.
            try #require(written < 50_000)
        }
        logger.warning("a warning")
        #expect(output.dropped == 1)
        var lines: [Substring] = []
        #expect(
            Deadline.poll(for: 60) {
                lines += pipe.lines()
                return lines.last?.contains("dropped") == true
            }
        )
        #expect(lines.count == written + 1)
        #expect(lines.dropLast(2).enumerated().allSatisfy { $1.hasSuffix(" info line number=\($0)") })
        #expect(lines[lines.count - 2].hasSuffix(" warning a warning"))
        #expect(
            lines[lines.count - 1].hasSuffix(
                " warning log lines were dropped, because the log could not be written lines=1"
            )
        )
        output.close()
    }

    @Test func `lines that a full disk does not take are counted once each, and reported when it has space again`()
        throws
    {
        let disk = try SmallDisk(megabytes: 1)
        let path = disk.folder.file("log")
        let file = open(path, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        try #require(file >= 0)
        defer { close(file) }
        try disk.fill()
        let output = LogOutput(file, format: .text, capacity: 65_536)
        let logger = Logger(label: "test") { _ in LineLog(to: output, format: .text, level: .info) }
        for number in 1...5 {
            logger.info("lost", metadata: ["text": "\(String(repeating: "x", count: 6000))"])
            #expect(Deadline.poll(for: 60) { output.dropped >= number })
        }
        #expect(output.dropped == 5)
        try disk.empty()
        logger.info("kept")
        output.close()
        let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
        #expect(lines.suffix(2).first?.hasSuffix(" info kept") == true, "\(lines.suffix(2))")
        #expect(lines.last?.hasSuffix(" lines=5") == true, "\(lines.suffix(2))")
    }

    @Test func `lines that a closed pipe or a closed output does not take are counted`() throws {
        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0)
        close(ends[0])
        defer { close(ends[1]) }
        let output = LogOutput(ends[1], format: .text, capacity: 65_536)
        let logger = Logger(label: "test") { _ in LineLog(to: output, format: .text, level: .info) }
        logger.info("no reader takes this")
        #expect(Deadline.poll(for: 60) { output.dropped == 1 })
        output.close()
        logger.info("too late")
        #expect(output.dropped == 2)
    }

    @Test func `closing waits for a stuck file for two seconds only`() throws {
        let pipe = try Pipe()
        let output = LogOutput(pipe.writer, format: .text, capacity: 131_072)
        let logger = Logger(label: "test") { _ in LineLog(to: output, format: .text, level: .info) }
        for _ in 0..<2000 { logger.info("a line that fills the pipe, which has 65,536 bytes") }
        let start = ContinuousClock.now
        output.close()
        #expect(ContinuousClock.now - start >= .seconds(2))
        // The thread ends with its write.
        #expect(pipe.lines().count > 0)
    }
}
