import TestSupport

/// The metrics of a server at a time.
struct Scrape {
    let text: String

    /// Scrapes a server.
    init(_ server: Server) throws {
        let response = try server.connect().request("GET", "/metrics")
        guard response.status == 200 else { throw TestFailure("status \(response.status): \(response.text)") }
        text = response.text
    }

    /// The value of a sample, given with its labels; `nil` if there is none.
    subscript(sample: String) -> Double? {
        let line = text.split(separator: "\n").first { $0.hasPrefix("\(sample) ") }
        return line.flatMap { Double($0.dropFirst(sample.count + 1)) }
    }

    /// The names of all metrics, in their order.
    var names: [String] {
        text.split(separator: "\n").compactMap { line in
            let words = line.split(separator: " ")
            return words.count == 4 && words[1] == "TYPE" ? String(words[2]) : nil
        }
    }

    /// Scrapes until the metrics meet a condition: some are read only every ten seconds.
    ///
    /// - Throws: `TestFailure` after a minute.
    @discardableResult static func wait(for server: Server, until condition: (Scrape) -> Bool) throws -> Scrape {
        var last = try Scrape(server)
        let isMet = try Deadline.poll(for: 60) {
            last = try Scrape(server)
            return condition(last)
        }
        guard isMet else { throw TestFailure("the metrics did not meet the condition: \(last.text)") }
        return last
    }
}
