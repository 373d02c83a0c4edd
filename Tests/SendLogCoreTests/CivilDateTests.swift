import SendLogCore
import Testing

@Suite struct CivilDateTests {
    @Test func `every day of two Gregorian cycles has the date after the day before`() throws {
        var before = CivilDate(Day(number: -719_529))
        // The proleptic calendar repeats every 400 years of 146,097 days.
        for number in -719_528..<(-719_528 + 2 * 146_097) {
            let date = CivilDate(Day(number: number))
            #expect(date.day == Day(number: number))
            let isNextDay =
                date.year == before.year && date.month == before.month
                && date.dayOfMonth == before.dayOfMonth + 1
            let isNextMonth = date.dayOfMonth == 1 && date.day == before.firstOfMonth(after: 1)
            if !isNextDay && !isNextMonth { Issue.record("\(date) follows \(before)") }
            before = date
        }
        #expect(before == (try #require(CivilDate(year: 799, month: 12, dayOfMonth: 31))))
    }

    @Test(arguments: [
        (2023, 2, 29), (1900, 2, 29), (2022, 4, 31), (2022, 0, 1), (2022, 13, 1), (2022, 1, 0), (2022, 12, 32),
    ])
    func `dates that do not exist are refused`(year: Int, month: Int, dayOfMonth: Int) {
        #expect(CivilDate(year: year, month: month, dayOfMonth: dayOfMonth) == nil)
    }

    @Test func `months are counted over the ends of years`() throws {
        let date = try #require(CivilDate(year: 2022, month: 3, dayOfMonth: 31))
        for (months, year, month) in [(0, 2022, 3), (-3, 2021, 12), (10, 2023, 1), (-27, 2019, 12), (9, 2022, 12)] {
            #expect(
                date.firstOfMonth(after: months)
                    == (try #require(CivilDate(year: year, month: month, dayOfMonth: 1))).day
            )
        }
    }
}
