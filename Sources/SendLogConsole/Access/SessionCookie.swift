import SendLogCore
import SendLogHTTP

/// The value of the session cookie: the organisation's number and the session's token, with a point in between.
///
/// The organisation says where the session is stored; with another one, no session is found. Cookies of earlier versions
/// have the token alone.
struct SessionCookie: Sendable {
    let token: SessionToken
    /// The organisation of the session; `nil` in a cookie of an earlier version.
    let organisation: OrganisationID?

    /// Creates the cookie of a new session.
    init(_ token: SessionToken, of organisation: OrganisationID) {
        (self.token, self.organisation) = (token, organisation)
    }

    /// Reads the cookie's value.
    ///
    /// - Returns: `nil` if the text is not in the form of a value.
    init?(_ text: String) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count <= 2, let last = parts.last, let token = SessionToken(String(last)) else { return nil }
        self.token = token
        guard parts.count == 2 else {
            organisation = nil
            return
        }
        guard parts[0].utf8.allSatisfy(\.isASCIIAlphanumeric), let number = Int64(parts[0]), number > 0 else {
            return nil
        }
        organisation = OrganisationID(number)
    }

    /// Returns the session cookie of a request; `nil` if it has none.
    init?(_ request: HTTPRequest) {
        guard let value = Cookie.session.value(request) else { return nil }
        self.init(value)
    }

    /// The cookie's value.
    var text: String { organisation.map { "\($0.number).\(token.text)" } ?? token.text }
}
