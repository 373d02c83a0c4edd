import SendLogCore

extension SendLogCopy {
    func verify(_ pair: Pair, progress: ([StoredSendLog]) -> Void) async throws {
        var (last, verified) = (SequenceNumber(0), 0)
        while true {
            let begin = last
            async let copies = target.sendLogs(after: begin, in: pair.target.id).logs
            let originals = try await source.sendLogs(after: begin, in: pair.source.id).logs
            // Send logs that the source recorded since are left to the next run.
            let both = zip(originals, try await copies).map { ($0, $1) }
            for (original, copy) in both where original != copy { throw mismatch(original.sequence, pair.source) }
            guard let end = both.last?.0.sequence else { break }
            progress(both.map(\.0))
            last = end
            verified += both.count
        }
        let copy = try await target.organisation(named: pair.target.name)
        guard verified >= pair.source.sends, copy.sends == verified else {
            throw Failure(
                description:
                    "organisation \"\(pair.source.name)\": the target has \(copy.sends) send logs, of which \(verified) are equal to those of "
                    + "the source, which has \(pair.source.sends)"
            )
        }
    }

    func mismatch(_ sequence: SequenceNumber, _ organisation: Organisation) -> Failure {
        Failure(
            description:
                "organisation \"\(organisation.name)\": the send log with sequence number \(sequence.number) differs from its copy; "
                + "copy into an empty database"
        )
    }

    func corruption(_ sequence: SequenceNumber, _ organisation: Organisation) -> Failure {
        Failure(
            description:
                "organisation \"\(organisation.name)\": the send log with sequence number \(sequence.number) is damaged in the source; "
                + "run sendlog database check for details"
        )
    }
}
