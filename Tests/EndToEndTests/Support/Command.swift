import Foundation
import TestSupport

/// A command that has ended, with its output.
struct Command: CustomStringConvertible {
    let exit: Exit
    let output: String
    let errors: String

    /// Runs a program to its end.
    ///
    /// - Throws: if the program cannot be started or does not end in time.
    init(
        _ program: String,
        _ arguments: [String],
        environment: [String: String] = [:],
        input: String = "/dev/null",
        atMost seconds: Double = 120
    ) throws {
        let process = try ChildProcess(program, arguments, environment: environment, input: input)
        exit = try process.wait(atMost: seconds)
        output = process.output
        errors = process.errors
    }

    /// Runs `sendlog` to its end and returns the ended command.
    static func sendlog(
        _ arguments: String...,
        environment: [String: String] = [:],
        input: String = "/dev/null",
        atMost seconds: Double = 120
    ) throws -> Command {
        try Command(TestPaths.binary, arguments, environment: environment, input: input, atMost: seconds)
    }

    /// Runs a program of the `PATH` to its end and returns the ended command.
    static func tool(_ name: String, _ arguments: String..., input: String = "/dev/null") throws -> Command {
        try Command("/usr/bin/env", [name] + arguments, input: input)
    }

    /// The lines of standard output.
    var lines: [String] { output.split(separator: "\n").map(String.init) }

    var description: String {
        "\(exit), standard output: \(output.suffix(1500)), standard error: \(errors.suffix(1500))"
    }

    /// Returns the command if it exited with 0.
    ///
    /// - Throws: otherwise, with the exit code and the end of the output.
    func succeeded() throws -> Command {
        guard exit == .code(0) else { throw TestFailure(description) }
        return self
    }
}
