import Foundation

/// Shows the progress, the rate and the remaining time of long work on a terminal; writes nothing if there is none.
struct Progress {
    enum Unit {
        case bytes
        case sends
    }

    private let verb: String
    private let unit: Unit
    private let isShown = isatty(STDERR_FILENO) == 1
    private let begin = ContinuousClock.now
    private var shownAt: ContinuousClock.Instant
    private var done = 0

    init(of verb: String, unit: Unit) {
        (self.verb, self.unit) = (verb, unit)
        shownAt = begin
    }

    mutating func advance(to done: Int, of total: Int?) {
        self.done = done
        let now = ContinuousClock.now
        guard isShown, now - shownAt >= .milliseconds(200) else { return }
        shownAt = now
        show(line(of: total, seconds: (now - begin) / .seconds(1)))
    }

    /// Clears the line.
    func end() {
        if isShown { show("") }
    }

    private func show(_ line: String) {
        try? FileHandle.standardError.write(contentsOf: Array("\r\u{1b}[K\(line)".utf8))
    }

    /// Returns the progress line, such as `imported 12.0 of 48.0 MB (25 %), 6.0 MB/s, 6 s left`.
    private func line(of total: Int?, seconds: Double) -> String {
        let rate = seconds > 0 ? Double(done) / seconds : 0
        guard let total, total > 0 else { return "\(verb) \(amount(done)), \(amount(Int(rate)))/s" }
        let left = rate > 0 ? ", \(Self.time(Double(total - done) / rate)) left" : ""
        let share = "\(amount(done)) of \(amount(total)) (\(done * 100 / total) %)"
        return "\(verb) \(share), \(amount(Int(rate)))/s\(left)"
    }

    private func amount(_ value: Int) -> String {
        switch unit {
        case .bytes: "\((Double(value) / 100_000).rounded() / 10) MB"
        case .sends: "\(value)"
        }
    }

    private static func time(_ seconds: Double) -> String {
        let seconds = Int(seconds.rounded(.up))
        if seconds < 60 { return "\(seconds) s" }
        return seconds < 3600 ? "\(seconds / 60) min" : "\(seconds / 3600) h \(seconds / 60 % 60) min"
    }
}
