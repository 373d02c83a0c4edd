/// A metric with its samples, in the text format of Prometheus
/// (<https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format>).
package struct MetricFamily: Sendable {
    /// The type of a metric.
    package enum Kind: String, Sendable {
        case counter, gauge, histogram
    }

    /// A label of a sample.
    package typealias Label = (name: String, value: String)

    private let name: String
    private let kind: Kind
    private let help: String
    private var samples: [String] = []

    /// Creates a metric without samples.
    ///
    /// - Parameters:
    ///   - name: the name, which ends with the unit, and with `_total` for a counter
    ///   - kind: the type
    ///   - help: the description
    package init(_ name: String, _ kind: Kind, _ help: String) {
        (self.name, self.kind, self.help) = (name, kind, help)
    }

    /// Creates a metric with one sample.
    package init(_ name: String, _ kind: Kind, _ help: String, _ value: some SignedNumeric & Sendable) {
        self.init(name, kind, help)
        add(value)
    }

    /// Adds a sample.
    ///
    /// - Parameters:
    ///   - value: the value
    ///   - labels: the labels
    ///   - suffix: what follows the name, such as `_bucket` for a histogram
    package mutating func add(_ value: some SignedNumeric, _ labels: [Label] = [], suffix: String = "") {
        let texts = labels.map { "\($0.name)=\"\(Self.escaped($0.value))\"" }
        samples.append("\(name)\(suffix)\(texts.isEmpty ? "" : "{\(texts.joined(separator: ","))}") \(value)")
    }

    private static func escaped(_ value: String) -> String {
        guard value.utf8.contains(where: { #"\""#.utf8.contains($0) || $0 == UInt8(ascii: "\n") }) else { return value }
        return value.replacing("\\", with: #"\\"#).replacing("\"", with: #"\""#).replacing("\n", with: #"\n"#)
    }

    /// The text of the metric, with a line break at its end.
    var text: String {
        (["# HELP \(name) \(help)", "# TYPE \(name) \(kind.rawValue)"] + samples).joined(separator: "\n") + "\n"
    }
}
