import NIOCore
import SendLogAPI
import SendLogCore

/// What somebody entered into a form.
struct Form {
    private let fields: QueryString

    /// Reads a form.
    init(_ input: RouteInput) async throws {
        var reader = RequestBodyReader(input)
        let body = try await reader.collect()
        fields = QueryString(String(buffer: body)[...])
    }

    /// Reads a form of who is signed in.
    ///
    /// - Throws: ``notOurs`` for one that another site may have made.
    init(_ input: RouteInput, of visitor: Visitor) async throws {
        try await self.init(input)
        guard isMade(for: visitor.formToken) else { throw Self.notOurs }
    }

    /// Whether it brings the token that a page of ours gave it.
    func isMade(for formToken: String) -> Bool {
        ConstantTime.areEqual(Array(self["form-token"].utf8), Array(formToken.utf8))
    }

    /// The text of a field, empty where it is not there.
    subscript(name: String) -> String { fields[name] ?? "" }

    /// All texts of a field.
    func all(_ name: String) -> [String] { fields.all(name) }

    static let notOurs = APIError.forged(
        "that form was made for another session. Go back, load the page again and repeat what you did; nothing was changed"
    )
}
