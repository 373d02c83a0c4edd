import Testing

@testable import SendLogAPI

/// The text format of metrics.
struct MetricFamilyTests {
    @Test func `a metric is written with its description, type, labels and values`() {
        var family = MetricFamily("sendlog_examples_total", .counter, "Examples of each kind.")
        let head = "# HELP sendlog_examples_total Examples of each kind.\n# TYPE sendlog_examples_total counter\n"
        #expect(family.text == head)
        family.add(1, [("kind", "a"), ("le", "+Inf")], suffix: "_bucket")
        family.add(0.25)
        let samples = family.text.split(separator: "\n").dropFirst(2)
        #expect(samples == [#"sendlog_examples_total_bucket{kind="a",le="+Inf"} 1"#, "sendlog_examples_total 0.25"])
    }

    @Test func `the values of labels are escaped`() {
        var family = MetricFamily("sendlog_examples", .gauge, "Examples.")
        family.add(1, [("text", "a\\b\"c\nd")])
        #expect(family.text.hasSuffix("\nsendlog_examples{text=\"a\\\\b\\\"c\\nd\"} 1\n"), "\(family.text)")
    }
}
