import SendLogCore

/// Compares the copied send logs with those of the source, and deletes those that the source has deleted.
extension SendLogCopy {
    /// Compares both stores up to the target's head, and deletes the send logs that the source deleted since.
    ///
    /// Nothing is deleted before all send logs were compared, so that a target with other content is left unchanged.
    func verify(_ pair: Pair, progress: ([StoredSendLog]) -> Void) async throws {
        let (found, missing) = try await compare(pair, deletesMissing: false, progress: progress)
        let verified = missing == 0 ? found : try await compare(pair, deletesMissing: true) { _ in }.equal
        let copy = try await target.organisation(pair.target.id)
        guard copy.head.lastSequence >= pair.source.head.lastSequence, copy.sends == verified else {
            throw Failure(
                "organisation \"\(pair.source.name)\": the target has \(copy.sends) send logs, "
                    + "of which \(verified) are equal to those of the source, which has \(pair.source.sends)"
            )
        }
    }

    /// Compares both stores up to the target's head.
    ///
    /// - Returns: the number of equal send logs, and that of those that only the target has.
    /// - Throws: ``Failure`` if a send log differs from its copy.
    private func compare(
        _ pair: Pair,
        deletesMissing: Bool,
        progress: ([StoredSendLog]) -> Void
    ) async throws -> (equal: Int, missing: Int) {
        var (last, count) = (SequenceNumber(0), (equal: 0, missing: 0))
        // Send logs that the source recorded since are left to the next run.
        let head = try await target.organisation(pair.target.id).head.lastSequence
        while last < head {
            let start = last
            async let copies = target.sendLogs(after: start, in: pair.target.id)
            let originals = try await source.sendLogs(after: start, in: pair.source.id)
            let copied = try await copies
            // Both batches have all send logs up to here.
            last = min(originals.end, copied.end, head)
            guard last > start else { break }
            let bySequence = Dictionary(copied.logs.map { ($0.sequence, $0) }) { $1 }
            let equal = originals.logs.filter { $0.sequence <= last }
            for original in equal where bySequence[original.sequence] != original {
                throw mismatch(original.sequence, pair.source)
            }
            let present = Set(equal.map(\.sequence))
            let missing = copied.logs.map(\.sequence).filter { $0 <= last && !present.contains($0) }
            if deletesMissing, !missing.isEmpty { _ = try await target.deleteSendLogs(missing, in: pair.target.id) }
            progress(equal)
            count.equal += equal.count
            count.missing += missing.count
        }
        return count
    }

    func mismatch(_ sequence: SequenceNumber, _ organisation: Organisation) -> Failure {
        Failure(sequence, of: organisation, "has no equal copy in the target; copy into an empty database")
    }
}
