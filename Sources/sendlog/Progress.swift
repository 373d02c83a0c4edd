import Foundation

/// Shows the progress, the rate and the remaining time of long work on a terminal; writes nothing if there is none.
struct Progress {
    enum Unit {
        case bytes
        case sends
    }

    private let verb: String
    private let total: Int?
    private let unit: Unit
    private let isShown: Bool
    private let begin = ContinuousClock.now
    private var shownAt: ContinuousClock.Instant
    private var done = 0

    init(of verb: String, total: Int?, unit: Unit, isShown: Bool = isatty(STDERR_FILENO) == 1) {
        self.verb = verb
        self.total = total
        self.unit = unit
        self.isShown = isShown
        shownAt = begin
    }

    mutating func add(_ amount: Int) {
        advance(to: done + amount, of: total)
    }

    mutating func advance(to done: Int, of total: Int?) {
        self.done = done
        let now = ContinuousClock.now
        guard isShown, now - shownAt >= .milliseconds(200) else { return }
        shownAt = now
        let line = Self.line(verb, done: done, total: total, unit: unit, elapsed: now - begin)
        try? FileHandle.standardError.write(contentsOf: Array("\r\u{1b}[K\(line)".utf8))
    }

    /// Clears the line.
    func end() {
        if isShown { try? FileHandle.standardError.write(contentsOf: Array("\r\u{1b}[K".utf8)) }
    }

    /// Returns the progress line, such as `imported 12.0 of 48.0 MB (25 %), 6.0 MB/s, 6 s left`.
    static func line(_ verb: String, done: Int, total: Int?, unit: Unit, elapsed: Duration) -> String {
        let seconds = Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) / 1e18
        let rate = seconds > 0 ? Double(done) / seconds : 0
        guard let total, total > 0 else { return "\(verb) \(amount(done, unit)), \(amount(Int(rate), unit))/s" }
        let left = rate > 0 ? ", \(time(Double(total - done) / rate)) left" : ""
        return "\(verb) \(amount(done, unit)) of \(amount(total, unit)) (\(done * 100 / total) %), "
            + "\(amount(Int(rate), unit))/s\(left)"
    }

    private static func amount(_ value: Int, _ unit: Unit) -> String {
        switch unit {
        case .bytes: "\((Double(value) / 100_000).rounded() / 10) MB"
        case .sends: "\(value)"
        }
    }

    private static func time(_ seconds: Double) -> String {
        let seconds = Int(seconds.rounded(.up))
        return seconds < 60
            ? "\(seconds) s" : seconds < 3600 ? "\(seconds / 60) min" : "\(seconds / 3600) h \(seconds / 60 % 60) min"
    }
}
