/// How to compute totals in periods of time: counters give those of whole days, and logs of parts of days are read.
///
/// Of each day that periods cut, as little as possible is read: the totals of its longest part may be the day's counters
/// without the other parts.
public struct TotalsPlan: Equatable, Sendable {
    /// The largest number of periods in one call of ``LogReader/totals(of:in:maxReads:of:)``.
    public static let maxPeriods = 1000

    /// Days whose counters a period gets, completely or without the parts that are subtracted from it.
    public struct Days: Equatable, Sendable {
        /// The days, as days since 1970-01-01.
        public let range: ClosedRange<Int>
        /// The index of the period.
        public let period: Int
    }

    /// A part of a day whose logs are read.
    public struct Part: Equatable, Sendable {
        /// The part; the earliest and the latest `startDeliveryAt` are inclusive.
        public let range: ClosedRange<Timestamp>
        /// The index of the period that the part belongs to; `nil` for none.
        public let period: Int?
        /// The index of the period that gets the counters of the day, and from which the part is subtracted; `nil` for
        /// none.
        public let subtractedFrom: Int?

        /// The day of the part, as days since 1970-01-01.
        public var day: Int { range.lowerBound.day.number }
        /// The length of the part, in milliseconds.
        public var length: Int64 { range.upperBound.milliseconds - range.lowerBound.milliseconds + 1 }
    }

    /// The periods: inclusive ranges of `startDeliveryAt`.
    public let periods: [ClosedRange<Timestamp>]
    /// The days that the counters give, in ascending order; no two overlap.
    public let days: [Days]
    /// The parts of days that are read, in ascending order; no two overlap.
    public let parts: [Part]

    /// Plans the totals in periods.
    ///
    /// - Precondition: there are at most ``maxPeriods``, in ascending order, and no two overlap.
    public init(_ periods: [ClosedRange<Timestamp>]) {
        precondition(periods.count <= Self.maxPeriods, "too many periods")
        precondition(
            zip(periods, periods.dropFirst()).allSatisfy { $0.upperBound < $1.lowerBound },
            "the periods are not in order"
        )
        var (days, parts): ([Days], [Part]) = ([], [])
        var cut: [Part] = []
        func endDay() {
            guard !cut.isEmpty else { return }
            Self.plan(cut, &days, &parts)
            cut.removeAll(keepingCapacity: true)
        }
        for (index, period) in periods.enumerated() {
            let span = SearchDays(from: period.lowerBound, to: period.upperBound)
            for edge in span.edges {
                guard let from = Timestamp(milliseconds: edge.lowerBound),
                    let to = Timestamp(milliseconds: edge.upperBound)
                else { continue }
                if cut.last?.day != from.day.number { endDay() }
                cut.append(Part(range: from...to, period: index, subtractedFrom: nil))
            }
            if let whole = span.whole { days.append(Days(range: whole, period: index)) }
        }
        endDay()
        self.periods = periods
        self.days = days.sorted { $0.range.lowerBound < $1.range.lowerBound }
        self.parts = parts
    }

    /// Plans one day.
    ///
    /// - Parameters:
    ///   - cut: the parts of the day that belong to periods, in ascending order; they do not make up the whole day
    ///   - days: the days that the counters give, to which this day may be added
    ///   - parts: the parts that are read, to which parts of this day are added
    private static func plan(_ cut: [Part], _ days: inout [Days], _ parts: inout [Part]) {
        let needed = cut.reduce(0) { $0 + $1.length }
        guard let longest = cut.max(by: { $0.length < $1.length }), let owner = longest.period,
            Day.milliseconds - longest.length < needed
        else {
            parts += cut
            return
        }
        days.append(Days(range: longest.day...longest.day, period: owner))
        let day = Day(number: longest.day)
        var next = day.firstMillisecond
        func addGap(before end: Int64) {
            guard next < end, let from = Timestamp(milliseconds: next), let to = Timestamp(milliseconds: end - 1)
            else { return }
            parts.append(Part(range: from...to, period: nil, subtractedFrom: owner))
        }
        for part in cut {
            addGap(before: part.range.lowerBound.milliseconds)
            if part != longest { parts.append(Part(range: part.range, period: part.period, subtractedFrom: owner)) }
            next = part.range.upperBound.milliseconds + 1
        }
        addGap(before: day.lastMillisecond + 1)
    }

    /// Returns the index of the period that gets the counters of a day, as days since 1970-01-01.
    public func period(ofDay day: Int) -> Int? {
        let index = days.firstIndexInOrder { $0.range.upperBound >= day }
        return index < days.count && days[index].range.contains(day) ? days[index].period : nil
    }

    /// Returns the index of the period of a time, in milliseconds since 1970.
    public func period(at milliseconds: Int64) -> Int? {
        let index = periods.firstIndexInOrder { $0.upperBound.milliseconds >= milliseconds }
        return index < periods.count && periods[index].lowerBound.milliseconds <= milliseconds ? index : nil
    }

    /// Returns the indices of the parts of a day, as days since 1970-01-01.
    public func parts(ofDay day: Int) -> Range<Int> {
        let first = parts.firstIndexInOrder { $0.day >= day }
        return first..<first + parts[first...].prefix { $0.day == day }.count
    }
}

extension SendLogSearch {
    /// The filters that count for totals in periods: all but the dates, and each campaign once.
    public var forTotals: SendLogSearch {
        var search = SendLogSearch(campaigns: campaigns.map { Array(Set($0)) }, asOf: asOf)
        search.found = found
        return search
    }
}

extension Array {
    /// Returns the index of the first element that meets a condition, which all elements after it meet as well;
    /// `endIndex` if there is none.
    fileprivate func firstIndexInOrder(_ isMet: (Element) -> Bool) -> Int {
        var (low, high) = (startIndex, endIndex)
        while low < high {
            let middle = low + (high - low) / 2
            if isMet(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
