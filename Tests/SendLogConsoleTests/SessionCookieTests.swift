import SendLogCore
import Testing

@testable import SendLogConsole

@Suite struct SessionCookieTests {
    private let token = SessionToken()

    @Test func `a cookie has its organisation and its token, and is read back`() throws {
        let cookie = SessionCookie(token, of: OrganisationID(4_294_967_296))
        #expect(cookie.text == "4294967296.\(token.text)")
        let read = try #require(SessionCookie(cookie.text))
        #expect(read.organisation == OrganisationID(4_294_967_296) && read.token.text == token.text)
        #expect(read.token.hash == token.hash && read.token.csrfToken == token.csrfToken)
    }

    @Test func `a cookie of an earlier version has no organisation`() throws {
        let cookie = try #require(SessionCookie(token.text))
        #expect(cookie.organisation == nil && cookie.token.text == token.text && cookie.text == token.text)
    }

    @Test(arguments: [
        "", ".", "1", "1.", ".TOKEN", "0.TOKEN", "-1.TOKEN", "+1.TOKEN", "x.TOKEN", " 1.TOKEN", "1.TOKEN ", "1.TOKENa",
        "1.2.TOKEN", "1.TOKEN.1", "1..TOKEN", "9223372036854775808.TOKEN", "TOKEN.1", "٣.TOKEN",
    ])
    func `a text in another form is no cookie`(pattern: String) {
        #expect(SessionCookie(pattern.replacing("TOKEN", with: token.text)) == nil)
    }
}
