import SendLogCore
import Testing

@testable import SendLogConsole

/// The days, weeks and months of time zones.
struct LocalPeriodsTests {
    private func moment(_ text: String) throws -> Timestamp { try #require(Timestamp(rfc3339: text)) }

    private func periods(_ zone: String, _ unit: Chart.Unit) throws -> LocalPeriods {
        LocalPeriods(unit: unit, zone: try #require(UserTimeZone(zone)))
    }

    /// The periods of a range of time, one after the other.
    private func walk(_ zone: String, _ unit: Chart.Unit, _ from: String, _ to: String) throws
        -> [LocalPeriods.Period]
    {
        let (periods, end) = (try periods(zone, unit), try moment(to))
        var (walked, next) = ([periods.period(at: try moment(from))], Timestamp.earliest)
        while let last = walked.last?.range.upperBound, last < end {
            next = last.advanced(by: 1)
            walked.append(periods.period(at: next))
        }
        return walked
    }

    @Test(arguments: [
        ("UTC", "2022-01-30"), ("Africa/Johannesburg", "2022-01-30"), ("Europe/Berlin", "2022-03-25"),
        ("Europe/Berlin", "2022-10-28"), ("America/New_York", "2022-11-04"), ("Australia/Lord_Howe", "2022-04-01"),
        ("Australia/Lord_Howe", "2022-09-30"), ("Pacific/Apia", "2011-12-27"), ("Pacific/Kwajalein", "1993-08-18"),
        ("America/Sao_Paulo", "2018-11-02"), ("America/Sao_Paulo", "2019-02-15"), ("America/St_Johns", "2006-10-27"),
        ("America/St_Johns", "2006-03-31"), ("Antarctica/Troll", "2022-03-25"), ("Africa/Casablanca", "2022-03-25"),
        ("Africa/Casablanca", "2022-05-06"), ("Asia/Kathmandu", "1985-12-29"), ("Asia/Amman", "2021-10-27"),
        ("Asia/Gaza", "2011-07-30"),
    ])
    func `days follow each other without gaps, also where clocks change`(zone: String, from: String) throws {
        let begin = try moment("\(from)T12:00:00Z")
        let days = try walk(zone, .day, begin.description, begin.advanced(by: 6 * Day.milliseconds).description)
        for (day, next) in zip(days, days.dropFirst()) {
            #expect(day.range.upperBound.advanced(by: 1) == next.range.lowerBound)
            #expect(day.first < next.first)
        }
        let periods = try periods(zone, .day)
        // Every moment belongs to the day that says so, and the day begins at its first moment.
        var cache: UserTimeZone.OffsetCache?
        for day in days.dropFirst() {
            #expect(periods.zone.day(day.range.lowerBound, offsetCache: &cache) == day.first)
            #expect(periods.zone.day(day.range.lowerBound.advanced(by: -1), offsetCache: &cache) < day.first)
            for minute in Array(0..<5) + stride(from: 5, to: 26 * 60, by: 15) {
                let moment = day.range.lowerBound.advanced(by: Int64(minute) * 60_000)
                #expect((periods.period(at: moment) == day) == day.range.contains(moment), "\(moment)")
            }
        }
    }

    @Test(arguments: [
        ("Europe/Berlin", "2022-03-27", "2022-03-26T23:00:00Z", 23.0),
        ("Europe/Berlin", "2022-10-30", "2022-10-29T22:00:00Z", 25),
        ("Australia/Lord_Howe", "2022-04-03", "2022-04-02T13:00:00Z", 24.5),
        ("Australia/Lord_Howe", "2022-10-02", "2022-10-01T13:30:00Z", 23.5),
        // Clocks skip midnight.
        ("America/Sao_Paulo", "2018-11-04", "2018-11-04T03:00:00Z", 23),
        // Clocks are set back from midnight to the day before, and one minute after midnight.
        ("America/Sao_Paulo", "2019-02-16", "2019-02-16T02:00:00Z", 25),
        ("America/St_Johns", "2006-10-29", "2006-10-29T02:30:00Z", 25),
        ("Antarctica/Troll", "2022-03-27", "2022-03-27T00:00:00Z", 22),
        ("Asia/Kathmandu", "1986-01-01", "1985-12-31T18:30:00Z", 23.75),
        // Clocks skip the next date.
        ("Pacific/Apia", "2011-12-29", "2011-12-29T10:00:00Z", 24),
        ("Pacific/Apia", "2011-12-31", "2011-12-30T10:00:00Z", 24),
    ])
    func `a day begins and ends with its zone`(zone: String, date: String, begin: String, hours: Double) throws {
        let begin = try moment(begin)
        let day = try periods(zone, .day).period(at: begin)
        #expect(day.name(.day) == date)
        #expect(day.range.lowerBound == begin)
        #expect(day.range.upperBound == begin.advanced(by: Int64(hours * 3_600_000) - 1))
    }

    @Test(arguments: [("Pacific/Apia", "2011-12-30"), ("Pacific/Kwajalein", "1993-08-21")])
    func `a date that clocks skip is no day, and its week and month are shorter`(zone: String, date: String) throws {
        let skipped = try moment("\(date)T00:00:00Z")
        let (from, to) = (skipped.advanced(by: -4 * Day.milliseconds), skipped.advanced(by: 4 * Day.milliseconds))
        let days = try walk(zone, .day, from.description, to.description).map { $0.name(.day) }
        #expect(days.count > 6 && !days.contains(date))
        for unit in [Chart.Unit.week, .month] {
            let period = try periods(zone, unit).period(at: from.advanced(by: 3 * Day.milliseconds))
            let length = period.range.upperBound.milliseconds - period.range.lowerBound.milliseconds + 1
            #expect(length == (unit == .week ? 6 : 30) * Day.milliseconds)
        }
    }

    @Test(arguments: ["UTC", "America/New_York", "Pacific/Apia", "Australia/Lord_Howe", "America/Sao_Paulo"])
    func `weeks begin on Monday, months on their first day, and both follow each other`(zone: String) throws {
        for unit in [Chart.Unit.week, .month] {
            let walked = try walk(zone, unit, "1969-12-20", "2038-01-20")
            for (period, next) in zip(walked, walked.dropFirst()) {
                #expect(period.range.upperBound.advanced(by: 1) == next.range.lowerBound)
                #expect(unit.next(after: period.first) == next.first)
            }
            #expect(walked.allSatisfy { unit == .week ? ($0.first.number + 3) % 7 == 0 : $0.name(.month).count == 7 })
        }
    }

    @Test(arguments: ["UTC", "Pacific/Kiritimati", "Pacific/Pago_Pago"], [Chart.Unit.day, .week, .month])
    func `the ends of the calendar belong to periods`(zone: String, unit: Chart.Unit) throws {
        let periods = try periods(zone, unit)
        let (first, last) = (periods.period(at: .earliest), periods.period(at: .latest))
        #expect(first.range.lowerBound == .earliest && last.range.upperBound == .latest)
        #expect(first.name(unit).hasPrefix("0000-01"))
        #expect(last.name(unit).hasPrefix("9999-12"))
    }
}
