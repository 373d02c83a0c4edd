import Foundation
import TestSupport

/// The Python with the tests' packages from PyPI, which `Tests/requirements.txt` lists.
///
/// The first test that needs them installs them.
enum Python {
    private static let installed = Result {
        let script = TestPaths.package.appending(path: "scripts/python.sh").path
        // It inherits the environment, as pip reads the user's settings.
        let environment = ProcessInfo.processInfo.environment
        let command = try Command(script, [], environment: environment, atMost: 600)
        guard command.exit == .code(0), let path = command.lines.last else {
            throw TestFailure("cannot install packages from PyPI, which needs python3-venv: \(command)")
        }
        return path
    }

    /// Runs Python to its end and returns the ended command.
    ///
    /// - Throws: `TestFailure` if the packages cannot be installed.
    static func run(
        _ arguments: [String],
        environment: [String: String] = [:],
        input: String = "/dev/null"
    ) throws -> Command {
        try Command(try installed.get(), arguments, environment: environment, input: input)
    }
}
