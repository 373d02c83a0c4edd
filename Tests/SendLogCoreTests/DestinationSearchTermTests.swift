import SendLogCore
import Testing

@Suite struct DestinationSearchTermTests {
    @Test(arguments: [
        ("a", "27821234567", false), ("0821234567", "27821234567", true), ("+27 (82) 123-4567", "27821234567", true),
        ("00 27 82 1234567", "+27 82 123 4567", true), ("+27 (0)82 123 4567", "27821234567", true),
        ("1234", "27821234567", true), ("12", "27821234567", true),
        ("000", "27821234567", false),
        ("é", "caf\u{e9}", true), ("\"", "a\\\"b", true), ("b@c", "a@b.c", false), (".", "27821234567", false),
    ])
    func `a search term finds a number in any notation`(text: String, destination: String, isFound: Bool) {
        var destination = destination
        #expect(destination.withUTF8 { DestinationSearchTerm(text).matches($0) } == isFound)
    }
}
