/// The description of an element of a page.
enum Locator: Sendable {
    /// The first element that a CSS selector matches; a literal is a selector.
    case selector(String)
    /// The only focusable element with an accessible name, or the only element with that name and a role.
    ///
    /// Roles are those of ARIA, for example `button`, `link`, `textbox`. With a role the element need not be focusable.
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
