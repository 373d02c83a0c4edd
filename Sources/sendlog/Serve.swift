import ArgumentParser
import SendLogServer

/// Serves the API.
struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Serve the API and the console.",
        discussion: """
            Runs until SIGTERM or Ctrl-C, then completes the requests in progress and stops. When it is ready, it prints its address on \
            standard output; the log goes to standard error.

            Every setting can also come from the environment (SENDLOG_HTTP_PORT=8080) or from the file of --config. Flags take \
            precedence over the environment, and the environment over the file.
            """
    )

    @OptionGroup var options: ServerOptions

    func run() async throws {
        try await Terminal.explainingFailures(report: report) {
            // The server logs the warnings.
            let sources = try options.sources(printsWarnings: false)
            try await SendLogService(try ServiceConfiguration(sources)).run()
        }
    }

    /// Reports why the server did not start, or ended, in the format of its log.
    private func report(_ problem: String) {
        switch options.logFormatIfKnown() {
        case .json: SendLogService.logFailure(problem)
        case .text: Terminal.say("Error: \(problem)")
        }
    }
}
