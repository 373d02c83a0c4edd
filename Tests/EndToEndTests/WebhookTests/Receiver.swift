import Foundation
import Synchronization
import TestSupport

/// A webhook receiver: a program on its own port that logs each request, and responds as the path says.
///
/// `receiver.py` lists the paths.
final class Receiver: Sendable {
    let port: UInt16
    /// The port that redirects lead to: its connections are counted and closed.
    ///
    /// No webhook may connect to it.
    let trap: UInt16
    private let folder: TemporaryFolder
    private let process: ChildProcess
    private let notes = Mutex(Notes())

    private struct Notes {
        /// How many bytes of the file were read.
        var offset: UInt64 = 0
        /// The last line, as long as it is incomplete.
        var rest = Data()
        /// By path, in the order of arrival.
        var requests: [String: [ReceivedRequest]] = [:]
        var connections = 0
        var trapped = 0
    }

    /// Starts a receiver, and waits until it listens.
    init(host: String = "127.0.0.1") throws {
        folder = try TemporaryFolder()
        let script = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "receiver.py").path
        try folder.write("requests", "")
        process = try ChildProcess("nice", ["python3", script, folder.path, host])
        let process = process
        let isReady = Deadline.poll(for: 120) { process.output.contains("\n") || process.exit() != nil }
        let ports = process.output.split(whereSeparator: \.isWhitespace).compactMap { UInt16($0) }
        guard isReady, ports.count == 2 else {
            throw TestFailure("the receiver did not start: \(process.output) \(process.errors)")
        }
        (port, trap) = (ports[0], ports[1])
    }

    /// The URL of a path.
    func url(_ path: String) -> String { "http://127.0.0.1:\(port)\(path)" }

    /// Sets the status of the responses to `/switch/NAME`.
    func setStatus(_ name: String, to status: Int) throws {
        // Written, then renamed, so that the receiver never reads half a file.
        try folder.write("\(name)-next", "\(status)")
        guard rename(folder.file("\(name)-next"), folder.file(name)) == 0 else { throw TestFailure.system("rename") }
    }

    /// Sets the process that `/kill/NAME/TEXT` kills.
    func setKillTarget(_ name: String, pid process: pid_t) throws { try folder.write(name, "\(process)") }

    /// The requests for a path so far, in the order of arrival.
    func requests(_ path: String) throws -> [ReceivedRequest] {
        try read { $0.requests[path] ?? [] }
    }

    /// The number of connections so far.
    func connections() throws -> Int { try read(\.connections) }

    /// Connects to the trap, and counts its connections, this one included.
    ///
    /// - Returns: 1 if there was no other.
    func trapped() throws -> Int {
        // The trap accepts connections in order, and closes each after it has counted it.
        _ = try HTTPConnection(port: trap).readToEndOrReset()
        return try read(\.trapped)
    }

    /// Waits for `count` requests for a path, three minutes by default.
    ///
    /// - Returns: all requests so far.
    /// - Throws: `TestFailure` if there are fewer.
    func waitForRequests(_ path: String, _ count: Int, atMost seconds: Double = 180) throws -> [ReceivedRequest] {
        var requests: [ReceivedRequest] = []
        let deadline = Deadline(after: seconds)
        repeat {
            requests = try self.requests(path)
            if requests.count >= count { return requests }
            usleep(20_000)
        } while !deadline.isOver
        throw TestFailure("\(requests.count) of \(count) requests arrived at \(path) within \(seconds) s")
    }

    private func read<Value: Sendable>(_ body: (Notes) throws -> Value) throws -> Value {
        try notes.withLock { notes in
            let file = try FileHandle(forReadingFrom: URL(filePath: folder.file("requests")))
            defer { try? file.close() }
            try file.seek(toOffset: notes.offset)
            let data = try file.readToEnd() ?? Data()
            notes.offset += UInt64(data.count)
            notes.rest += data
            guard let end = notes.rest.lastIndex(of: UInt8(ascii: "\n")) else { return try body(notes) }
            let lines = notes.rest[...end].split(separator: UInt8(ascii: "\n"))
            notes.rest = Data(notes.rest[notes.rest.index(after: end)...])
            for line in lines {
                let record = try JSONDecoder().decode(ReceivedRequest.self, from: Data(line))
                switch record.path {
                case "connected": notes.connections += 1
                case "trapped": notes.trapped += 1
                default: notes.requests[record.path, default: []].append(record)
                }
            }
            return try body(notes)
        }
    }
}

/// A request as the receiver got it.
struct ReceivedRequest: Decodable, Sendable {
    let path: String
    var method: String?
    /// Path and query as they came over the wire.
    var target: String?
    var headers: [[String]]?
    /// When it was complete, in seconds since 1970.
    var at: Double?
    var body: Data?

    /// The value of a header; the case of the name does not matter.
    subscript(name: String) -> String? {
        headers?.first { $0.first?.lowercased() == name.lowercased() }?.last
    }

    /// The body as text.
    var text: String { String(decoding: body ?? Data(), as: UTF8.self) }

    /// The query, without the question mark.
    var query: String {
        target.flatMap { target in target.firstIndex(of: "?").map { String(target[target.index(after: $0)...]) } } ?? ""
    }

    /// The body as JSON.
    ///
    /// - Throws: `TestFailure` if it is not JSON.
    func json() throws -> JSON {
        do {
            return try JSON(parsing: body ?? Data())
        } catch {
            throw TestFailure("the body is not JSON: \(text.prefix(500))")
        }
    }
}
