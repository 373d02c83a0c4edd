import SendLogCore
import SendLogNetwork

/// An invalid setting, described for the operator.
public struct ConfigurationError: Error, Equatable, CustomStringConvertible {
    /// Names the setting as it was written, and says which values are valid.
    public let description: String

    init(_ description: String) {
        self.description = description
    }

    /// Returns the error for a flag, variable or key without a value.
    static func empty(_ name: String) -> ConfigurationError {
        ConfigurationError("\(name) is empty; give it a value, or leave it out")
    }

    /// Returns the error for an invalid item of a list.
    ///
    /// - Parameters:
    ///   - item: the item
    ///   - name: the name of the setting in its source
    ///   - rule: which lists are valid
    /// - Returns: the error, which names the item.
    static func item(_ item: String, of name: String, rule: String) -> ConfigurationError {
        let problem = item.isEmpty ? "an item is empty" : "\(item) is invalid"
        return ConfigurationError("\(name) must be \(rule); \(problem)")
    }

    /// Returns the error for an invalid item of a list of networks, which hints at the network of `10.0.0.1/8`.
    static func network(_ item: String, of name: String, rule: String) -> ConfigurationError {
        let hint = IPNetwork.enclosing(item).map { "; did you mean \($0)?" } ?? ""
        return ConfigurationError(Self.item(item, of: name, rule: rule).description + hint)
    }

    /// Returns a hint at the nearest known name, which is appended to an error; empty if no known name is near.
    static func hint(_ name: String, among known: [String]) -> String {
        NearestName.to(name, among: known).map { "; did you mean \($0)?" } ?? ""
    }
}
