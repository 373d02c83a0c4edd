import NIOCore
import SendLogAPI
import SendLogCore
import SendLogServices

/// The fields of a submitted form.
struct Form {
    private let fields: QueryString
    /// The maximum size of most forms, in bytes.
    static let maxLength = 65_536

    /// Reads a form from the request body.
    init(_ input: RouteInput) async throws {
        var reader = RequestBodyReader(input)
        fields = QueryString(String(buffer: try await reader.collect())[...])
    }

    /// Returns whether the form contains this CSRF token.
    func hasToken(for csrfToken: String) -> Bool {
        ConstantTime.areEqual(Array(self["form-token"].utf8), Array(csrfToken.utf8))
    }

    /// Returns the value of a field, or an empty text if the form does not contain it.
    subscript(name: String) -> String { fields[name] ?? "" }

    /// Returns the value of a field that a program may leave out, although the page's form has it.
    ///
    /// - Throws: ``InvalidInput`` that names the field if the form does not contain it.
    func required(_ name: String) throws(InvalidInput) -> String {
        guard let value = fields[name] else { throw InvalidInput(path: name, "is required") }
        return value
    }

    /// Returns all values of a field.
    func all(_ name: String) -> [String] { fields.all(name) }

    /// Returns some fields as the query string of a page.
    func query(_ names: [String]) -> QueryString {
        let pairs = names.flatMap { name in all(name).map { "\(name)=\(QueryString.encode($0))" } }
        return QueryString(pairs.joined(separator: "&")[...])
    }

    /// The error for a form with another CSRF token, such as a form of another site.
    static let invalidToken = APIError.invalidFormToken(
        "the form belongs to another session; nothing was changed. Go back, reload the page and submit the form again"
    )
}
