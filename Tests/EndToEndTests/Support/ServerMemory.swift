import Foundation
import TestSupport

/// The memory of a server's process, in MB of 1,048,576 bytes.
struct ServerMemory {
    /// The resident memory now.
    let resident: Int
    /// The peak of the resident memory since the start, or since the last reset.
    let peak: Int
    /// The anonymous part of the resident memory, without mapped pages of the database file.
    let anonymous: Int

    /// Reads the figures from `/proc`.
    ///
    /// - Throws: if they cannot be read.
    init(of server: Server) throws {
        let text = try String(contentsOfFile: "/proc/\(server.process.pid)/status", encoding: .utf8)
        func megabytes(_ name: String) throws -> Int {
            guard let line = text.split(separator: "\n").first(where: { $0.hasPrefix("\(name):") }),
                let kilobytes = line.split(whereSeparator: { " \t".contains($0) }).dropFirst().first.flatMap({ Int($0) }
                )
            else { throw TestFailure("/proc has no \(name) of the server") }
            return kilobytes / 1024
        }
        resident = try megabytes("VmRSS")
        peak = try megabytes("VmHWM")
        anonymous = try megabytes("RssAnon")
    }

    /// Reads the figures once the resident memory has not changed for half a second.
    ///
    /// - Throws: if the memory still changes after a minute.
    static func settled(of server: Server) throws -> ServerMemory {
        let deadline = Deadline(after: 60)
        var memory = try ServerMemory(of: server)
        var readings = 1
        while readings < 10 {
            if deadline.isOver { throw TestFailure("the server's memory changed for a minute") }
            usleep(50_000)
            let next = try ServerMemory(of: server)
            readings = next.resident == memory.resident ? readings + 1 : 1
            memory = next
        }
        return memory
    }

    /// Resets the peak, so that the next reading covers only the time from now on.
    ///
    /// See <https://www.kernel.org/doc/html/latest/filesystems/proc.html>, `clear_refs`.
    static func forgetPeak(of server: Server) throws {
        try Data("5".utf8).write(to: URL(filePath: "/proc/\(server.process.pid)/clear_refs"))
    }
}
