import NIOCore
import SendLogAPI
import SendLogCore
import SendLogServices

/// The fields of a submitted form.
struct Form {
    private let fields: QueryString

    /// Reads a form from the request body.
    init(_ input: RouteInput) async throws {
        var reader = RequestBodyReader(input)
        let body = try await reader.collect()
        fields = QueryString(String(buffer: body)[...])
    }

    /// Reads a form of a signed-in user.
    ///
    /// - Throws: ``invalidToken`` if the CSRF token is wrong, as in a form of another site.
    init(_ input: RouteInput, of user: SignedInUser) async throws {
        try await self.init(input)
        guard hasToken(for: user.csrfToken) else { throw Self.invalidToken }
    }

    /// Returns whether the form contains this CSRF token.
    func hasToken(for csrfToken: String) -> Bool {
        ConstantTime.areEqual(Array(self["form-token"].utf8), Array(csrfToken.utf8))
    }

    /// Returns the value of a field, or an empty text if the form does not contain it.
    subscript(name: String) -> String { fields[name] ?? "" }

    /// Returns all values of a field.
    func all(_ name: String) -> [String] { fields.all(name) }

    static let invalidToken = APIError.invalidFormToken(
        "the form belongs to another session; nothing was changed. Go back, reload the page and submit the form again"
    )
}
