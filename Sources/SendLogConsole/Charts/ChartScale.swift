/// The scale of one axis of a chart: its end is a round number, beyond which bars are cut.
///
/// The axis ends at the largest value, unless this is more than four times the value that nine of ten bars do not exceed:
/// then it ends at the largest value that is not, so that a few tall bars do not flatten all others.
struct ChartScale: Equatable {
    /// The value at the end of the axis, at least 1.
    let end: Int
    /// The value in the middle of the axis; `nil` if it is no whole number.
    var middle: Int? { end % 2 == 0 ? end / 2 : nil }

    /// The smallest number of bars with a value of which any is cut.
    private static let minBars = 3

    /// Creates the scale for the values of a chart's bars, of which those of 0 do not count.
    init(_ values: some Sequence<Int>) {
        let values = values.filter { $0 > 0 }.sorted()
        guard let most = values.last else {
            end = 1
            return
        }
        // The value at the 90th percentile, rounded down to a bar.
        let usual = values[(values.count - 1) * 9 / 10]
        // Not `usual * 4`: damaged counters may be so large that this overflows.
        let isUneven = values.count >= Self.minBars && most / 4 > usual
        let limit = isUneven ? values.last { $0 / 4 <= usual } ?? most : most
        end = Self.rounded(limit)
    }

    /// Returns the next round number from a value on: 1, 2, 4, 6, 8 or 10 with zeros; from 30 on also 3 and 5 with zeros.
    private static func rounded(_ value: Int) -> Int {
        var unit = 1
        while true {
            // The middle of the axis must be a whole number.
            for digit in unit == 1 ? [1, 2, 4, 6, 8] : [1, 2, 3, 4, 5, 6, 8] {
                let (round, isTooLarge) = unit.multipliedReportingOverflow(by: digit)
                if isTooLarge { return .max }
                if value <= round { return round }
            }
            let (next, isTooLarge) = unit.multipliedReportingOverflow(by: 10)
            if isTooLarge { return .max }
            unit = next
        }
    }

    /// Returns whether the bar of a value is cut.
    func cuts(_ value: Int) -> Bool { value > end }

    /// Returns the height of a bar; a value above 0 is always visible.
    ///
    /// - Parameters:
    ///   - value: the value of the bar
    ///   - height: the height of the axis
    /// - Returns: the height of the bar.
    func height(of value: Int, in height: Int) -> Int {
        if value <= 0 { return 0 }
        return max(2, Int((Double(min(value, end)) / Double(end) * Double(height)).rounded()))
    }

    /// Returns a value of the scale, shortened: `400`, `20k`, `2M`.
    static func label(_ value: Int) -> String {
        if value >= 1_000_000, value % 100_000 == 0 {
            let (whole, tenth) = (value / 1_000_000, value / 100_000 % 10)
            return tenth == 0 ? "\(whole.grouped)M" : "\(whole.grouped).\(tenth)M"
        }
        return value >= 10_000 && value % 1000 == 0 ? "\((value / 1000).grouped)k" : value.grouped
    }
}
