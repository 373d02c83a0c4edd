import Foundation
import TestSupport

/// axe-core, which finds what makes a page hard to use for people with disabilities (<https://github.com/dequelabs/axe-core>).
extension Page {
    /// The script, which the package `axe-playwright-python` contains.
    private static let axe = Result {
        let find =
            "import importlib.util as i; print(i.find_spec('axe_playwright_python').submodule_search_locations[0])"
        guard let folder = try Python.run(["-c", find]).succeeded().lines.last else {
            throw TestFailure("axe-playwright-python is not installed")
        }
        return try String(contentsOfFile: "\(folder)/axe.min.js", encoding: .utf8)
    }

    /// Returns what axe-core finds in the page, one line for each element, with its rule and what to fix.
    ///
    /// - Throws: if the script cannot be loaded.
    func accessibilityViolations() throws -> [String] {
        try evaluate(Self.axe.get())
        let found = try evaluate(
            """
            axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) => violations.flatMap((rule) =>
                rule.nodes.map((node) => [rule.id, node.target.join(' '), node.failureSummary].join(': '))))
            """
        )
        return found.elements.compactMap(\.string)
    }
}
