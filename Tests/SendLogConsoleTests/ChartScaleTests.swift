import Testing

@testable import SendLogConsole

/// The scale of a chart's axis.
struct ChartScaleTests {
    @Test(
        arguments: [
            ([], 1, nil), ([0, 0], 1, nil), ([1], 1, nil), ([2], 2, 1), ([3], 4, 2), ([5, 4, 6], 6, 3), ([9], 10, 5),
            ([11], 20, 10), ([21], 30, 15), ([61], 80, 40), ([99, 100], 100, 50), ([101], 200, 100),
            ([1_000_001], 2_000_000, 1_000_000),
            // Two bars are never cut, and of three or more the largest is, if it is four times as large as usual.
            ([1, 50_000], 50_000, 25_000), ([10, 12, 50_000], 20, 10), ([10, 12, 49], 50, 25), ([10, 12, 52], 20, 10),
            ([0, 10, 0, 12, 50_000], 20, 10),
            // One bar in ten can be cut.
            (Array(repeating: 10, count: 18) + [500, 600, 700], 800, 400),
            (Array(repeating: 10, count: 19) + [600, 700], 10, 5),
            ([.max, .max], .max, nil),
        ] as [([Int], Int, Int?)]
    )
    func `an axis ends at a round number, and a few tall bars do not flatten all others`(
        values: [Int],
        end: Int,
        middle: Int?
    ) {
        let scale = ChartScale(values)
        #expect(scale.end == end)
        #expect(scale.middle == middle)
        #expect(values.allSatisfy { scale.cuts($0) == ($0 > end) })
    }

    @Test func `a bar is as high as its value, a value above 0 is visible, and a bar that is cut has the full height`()
    {
        let scale = ChartScale([10, 12, 50_000])
        #expect([0, 1, 10, 20, 50_000].map { scale.height(of: $0, in: 100) } == [0, 5, 50, 100, 100])
        #expect(ChartScale([100_000]).height(of: 1, in: 58) == 2)
    }

    @Test(
        arguments: [
            (1, "1"), (400, "400"), (4000, "4\u{202f}000"), (8000, "8\u{202f}000"), (10_000, "10k"), (600_000, "600k"),
            (1_000_000, "1M"), (1_500_000, "1.5M"), (4_000_000_000, "4\u{202f}000M"),
        ]
    )
    func `labels are short`(value: Int, label: String) {
        #expect(ChartScale.label(value) == label)
    }
}
