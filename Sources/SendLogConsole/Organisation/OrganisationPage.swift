import Foundation
import SendLogAPI
import SendLogCore
import SendLogHTTP

/// The page of the user's organisation, where an administrator sets the calling code.
struct OrganisationPage: Sendable {
    let store: any OrganisationStore
    let middleware: ConsoleMiddleware

    /// The path of the page.
    static let path = "/console/organisation"
    /// The permission to change the organisation: that of administrators.
    static let permission = Permission.all

    var routes: [Route] {
        [
            middleware.get(Self.path, [], query: ["saved"]) { try await show($0) },
            middleware.post(Self.path, [Self.permission], handle: save),
        ]
    }

    private func show(_ request: UserRequest, entered: String? = nil) async throws -> Response {
        let organisation = try await store.organisation(request.organisation)
        let code = organisation.callingCode?.description
        var values: [String: Any] = [
            "name": organisation.name.description, "id": String(organisation.id.number),
            "entered": entered ?? code ?? "", "may-change": request.user.may(Self.permission),
        ]
        values["code"] = code
        let isSaved = try request.query.value("saved", "1") { $0 == "1" ? $0 : nil } != nil
        values["saved"] = isSaved && entered == nil
        values["problem"] = entered.map { _ in "The calling code \(CallingCode.rule), such as 27." }
        return request.page("organisation", title: "Organisation", isInvalid: entered != nil, values)
    }

    @Sendable private func save(_ request: UserRequest, _ form: Form) async throws -> Response {
        let entered = try form.required("calling-code").trimmingCharacters(in: .whitespaces)
        let code = CallingCode(entered: entered)
        if code == nil, !entered.isEmpty { return try await show(request, entered: entered) }
        try await store.setCallingCode(code, of: request.organisation)
        var response = Pages.redirect(to: "\(Self.path)?saved=1")
        response.event = .callingCodeChanged(code)
        return response
    }
}
