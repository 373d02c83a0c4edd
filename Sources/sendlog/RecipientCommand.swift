import ArgumentParser
import Foundation
import SendLogCore
import SendLogRecipients
import SendLogServer

/// Lists the sends to a recipient.
struct RecipientCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "recipient",
        abstract: "List the sends to one recipient.",
        discussion: """
            Finds the recipient in every notation: +27 82 123 4567, 0027821234567 and 27821234567 are the same. The calling code of the \
            organisation adds numbers with one leading 0. Give - instead of the recipient to pass it on standard input: an argument is \
            visible in the list of processes and in the history of the shell.
            """
    )

    @Argument(help: "The telephone number, e-mail address or other destination; or - for standard input.")
    var recipient: String

    @OptionGroup var organisation: OrganisationOption

    @Option(
        help: ArgumentHelp("The largest number of sends to list; the newest ones are listed.", valueName: "count")
    )
    var limit = SendLogSearch.defaultLimit

    @Flag(help: "Print a JSON object.")
    var json = false

    @OptionGroup var database: DatabaseOptions

    func validate() throws {
        guard (0...SendLogSearch.maxLimit).contains(limit) else {
            throw ValidationError("--limit must be from 0 to \(SendLogSearch.maxLimit), not \(limit)")
        }
        if let fault = RecipientKey.fault(of: recipient) { throw ValidationError("the recipient \(fault)") }
    }

    func run() async throws {
        try await database.withStore { store, _ in
            let organisation = try await organisation.find(in: store)
            let text = recipient == "-" ? try Self.readRecipient() : recipient
            let query = RecipientQuery(text, callingCode: organisation.callingCode)
            let sends: RecipientSends
            do {
                sends = try await RecipientSends(to: query, in: organisation.id, of: store, limit: limit)
            } catch let error as RecipientIndexBehind {
                throw CommandFailure(
                    """
                    the recipient index has \(error.percent) % of the send logs, and a server whose setting recipients.index is on adds \
                    the others; try again later
                    """
                )
            } catch is TooManySends {
                throw CommandFailure(
                    "the recipient has more than \(RecipientLookup.maxFound) send logs, the maximum of a search"
                )
            }
            if json { return try Terminal.json(sends) }
            try print(sends)
            if sends.doubtful > 0 {
                Terminal.say(
                    """
                    \(sends.doubtful) of the sends may be to another person, since no calling code is set; see sendlog organisation set \
                    --help.
                    """
                )
            }
        }
    }

    private func print(_ sends: RecipientSends) throws {
        try Terminal.result("recipient: \(sends.recipient)")
        try Terminal.result("searched: \(sends.searched.joined(separator: ", "))")
        try Terminal.result("sends: \(sends.total)")
        guard let first = sends.first, let last = sends.last else { return }
        try Terminal.result("first: \(first)\nlast: \(last)")
        if sends.list.isEmpty { return }
        let rows = sends.list.map { [$0.start, $0.id, $0.campaign, $0.triggeredBy, $0.doubtful ? "doubtful" : ""] }
        let columns = sends.list.contains(where: \.doubtful) ? 5 : 4
        try Terminal.table(
            Array(["START", "ID", "CAMPAIGN", "TRIGGERED BY", "DOUBTFUL"].prefix(columns)),
            rows.map { Array($0.prefix(columns)) }
        )
        if sends.list.count < sends.total { Terminal.say("Listed the newest \(sends.list.count); see --limit.") }
    }

    /// Reads a recipient from standard input: a line of a terminal, or else all of it.
    private static func readRecipient() throws -> String {
        var bytes: [UInt8] = []
        if isatty(STDIN_FILENO) == 1 {
            Terminal.say("Recipient:")
            bytes = Array((readLine() ?? "").utf8)
        } else {
            // More than any destination has.
            while bytes.count < 4096, let piece = try FileHandle.standardInput.read(upToCount: 4096), !piece.isEmpty {
                bytes += piece
            }
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw ValidationError("the recipient on standard input must be UTF-8")
        }
        let recipient = text.trimmingCharacters(in: .whitespacesAndNewlines)
        if let fault = RecipientKey.fault(of: recipient) {
            throw ValidationError("the recipient on standard input \(fault)")
        }
        return recipient
    }
}
