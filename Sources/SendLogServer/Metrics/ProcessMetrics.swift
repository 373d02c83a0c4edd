import Foundation
import SendLogAPI
import Synchronization

/// The metrics of the process, with the names that are common to Prometheus' clients
/// (<https://prometheus.io/docs/instrumenting/writing_clientlibs/#process-metrics>).
///
/// A metric that the system does not offer is missing.
final class ProcessMetrics: Sendable {
    private let last = Mutex<(families: [MetricFamily], at: ContinuousClock.Instant)?>(nil)
    private let start = ProcessMetrics.startTime

    /// The time for which the metrics are used: with thousands of connections, counting the files takes milliseconds.
    private static let lifetime = Duration.seconds(2)

    /// The metrics; reading them blocks.
    var families: [MetricFamily] {
        last.withLock { last in
            let now = ContinuousClock.now
            if let last, now - last.at < Self.lifetime { return last.families }
            let families = read()
            last = (families, now)
            return families
        }
    }

    private func read() -> [MetricFamily] {
        let memory = Memory.resident
        let metrics: [MetricFamily?] = [
            Self.cpuSeconds.map {
                MetricFamily("process_cpu_seconds_total", .counter, "CPU time in user and kernel mode.", $0)
            },
            memory.map {
                MetricFamily("process_resident_memory_bytes", .gauge, "Resident memory, with mapped files.", $0.total)
            },
            memory.map {
                MetricFamily("sendlog_memory_bytes", .gauge, "Resident memory, without mapped files.", $0.anonymous)
            },
            OpenFiles.count.map { MetricFamily("process_open_fds", .gauge, "Open file descriptors.", $0) },
            OpenFiles.limit.map {
                MetricFamily("process_max_fds", .gauge, "Maximum number of open file descriptors.", $0)
            },
            start.map {
                MetricFamily("process_start_time_seconds", .gauge, "Start of the process in Unix time.", $0)
            },
        ]
        return metrics.compactMap(\.self)
    }

    private static var cpuSeconds: Double? {
        var time = timespec()
        guard clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time) == 0 else { return nil }
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    /// The start of the process in seconds since 1970; `nil` if it is not known.
    private static var startTime: Double? {
        // The fields after the name of the program, which may have spaces, begin with the third; the 22nd is the start in
        // clock ticks since the system booted (https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html).
        guard let text = try? String(contentsOfFile: "/proc/self/stat", encoding: .utf8),
            let end = text.lastIndex(of: ")"),
            let system = try? String(contentsOfFile: "/proc/stat", encoding: .utf8)
        else { return nil }
        let fields = text[text.index(after: end)...].split(separator: " ")
        let boot = system.split(separator: "\n").first { $0.hasPrefix("btime ") }
        let ticksPerSecond = sysconf(Int32(_SC_CLK_TCK))
        guard fields.count > 19, let ticks = Double(fields[19]), ticksPerSecond > 0,
            let seconds = boot.flatMap({ Double($0.dropFirst(6)) })
        else { return nil }
        return seconds + ticks / Double(ticksPerSecond)
    }
}
