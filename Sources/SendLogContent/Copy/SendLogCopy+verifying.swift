import SendLogCore

/// Compares the copied send logs with those of the source, and deletes those that the source has deleted.
extension SendLogCopy {
    /// Compares both stores up to the target's head, and deletes the send logs that the source deleted since.
    func verify(_ pair: Pair, progress: ([StoredSendLog]) -> Void) async throws {
        var (last, verified) = (SequenceNumber(0), 0)
        // Send logs that the source recorded since are left to the next run.
        let head = try await target.organisation(named: pair.target.name).head.lastSequence
        while last < head {
            let begin = last
            async let copies = target.sendLogs(after: begin, in: pair.target.id)
            let originals = try await source.sendLogs(after: begin, in: pair.source.id)
            let copied = try await copies
            // Both batches have all send logs up to here.
            last = min(originals.end, copied.end, head)
            guard last > begin else { break }
            let bySequence = Dictionary(copied.logs.map { ($0.sequence, $0) }) { $1 }
            let equal = originals.logs.filter { $0.sequence <= last }
            for original in equal where bySequence[original.sequence] != original {
                throw mismatch(original.sequence, pair.source)
            }
            let present = Set(equal.map(\.sequence))
            let deleted = copied.logs.map(\.sequence).filter { $0 <= last && !present.contains($0) }
            if !deleted.isEmpty { _ = try await target.deleteSendLogs(deleted, in: pair.target.id) }
            progress(equal)
            verified += equal.count
        }
        let copy = try await target.organisation(named: pair.target.name)
        guard copy.head.lastSequence >= pair.source.head.lastSequence, copy.sends == verified else {
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
