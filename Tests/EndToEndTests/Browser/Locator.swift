/// How a test says which element of a page it means.
enum Locator: Sendable {
    /// The first one that a CSS selector matches; a literal is a selector.
    case selector(String)
    /// The only one that assistive technology calls so and a user can reach, or the only one of a role.
    ///
    /// Roles are as in ARIA, for example `button`, `link`, `textbox`. With a role it need not be reachable.
    case named(String, role: String? = nil)
}

extension Locator: ExpressibleByStringInterpolation {
    init(stringLiteral value: String) { self = .selector(value) }
}

extension Locator: CustomStringConvertible {
    var description: String {
        switch self {
        case .selector(let selector): "\"\(selector)\""
        case .named(let name, let role): "the \(role ?? "element") named \"\(name)\""
        }
    }
}
