import SendLogCore
import Testing

@testable import SendLogAPI

@Suite struct RequestIDTests {
    private let source = RequestIDSource()

    @Test(arguments: ["a", "A-z_0.9", String(repeating: "x", count: 128)])
    func `a valid id is used unchanged`(id: String) {
        #expect(source.id(given: id) == id)
    }

    @Test(arguments: ["", " ", "a b", "a\nb", "a\"b", "ä", String(repeating: "x", count: 129)])
    func `an invalid id is replaced`(id: String) {
        #expect(source.id(given: id) != id)
    }

    @Test func `generated ids are unique and valid`() {
        let ids = (0..<10_000).map { _ in source.id(given: nil) }
        #expect(Set(ids).count == ids.count)
        #expect(ids.allSatisfy { source.id(given: $0) == $0 && $0.count == 16 })
    }

    @Test func `dates have the format of HTTP`() {
        let date = HTTPDate()
        #expect(date.text(at: ServiceUnderTest.moment("1994-11-06T08:49:37Z")) == "Sun, 06 Nov 1994 08:49:37 GMT")
        #expect(date.text(at: ServiceUnderTest.moment("1969-12-31T23:59:59Z")) == "Wed, 31 Dec 1969 23:59:59 GMT")
        #expect(date.text(at: ServiceUnderTest.moment("2026-11-24T00:00:00Z")) == "Tue, 24 Nov 2026 00:00:00 GMT")
    }
}
