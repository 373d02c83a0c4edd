import Foundation
import TestSupport

/// How much of the machine's memory a process takes, in MB of 1,048,576 bytes.
struct ServerMemory {
    /// Now.
    let resident: Int
    /// At most since it started or since the peak was last forgotten.
    let peak: Int
    /// Of the resident memory, what is no file's: pages of the database that are mapped do not count.
    let anonymous: Int

    /// Reads a server's figures.
    ///
    /// - Throws: where they cannot be read.
    init(of server: Server) throws {
        let text = try String(contentsOfFile: "/proc/\(server.process.pid)/status", encoding: .utf8)
        func megabytes(_ name: String) throws -> Int {
            guard let line = text.split(separator: "\n").first(where: { $0.hasPrefix("\(name):") }),
                let kilobytes = line.split(whereSeparator: { " \t".contains($0) }).dropFirst().first.flatMap({ Int($0) }
                )
            else { throw TestFailure("/proc tells no \(name) of the server") }
            return kilobytes / 1024
        }
        resident = try megabytes("VmRSS")
        peak = try megabytes("VmHWM")
        anonymous = try megabytes("RssAnon")
    }

    /// Reads a server's figures once it takes no more and no less than half a second before.
    ///
    /// - Throws: where that does not come about within a minute.
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

    /// Forgets the peak of a server, so that the next one is of what comes now.
    ///
    /// See <https://www.kernel.org/doc/html/latest/filesystems/proc.html>, `clear_refs`.
    static func forgetPeak(of server: Server) throws {
        try Data("5".utf8).write(to: URL(filePath: "/proc/\(server.process.pid)/clear_refs"))
    }
}
