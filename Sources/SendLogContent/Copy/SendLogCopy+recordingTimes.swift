import SendLogCore

/// Copies the samples that say when an organisation's send logs were recorded.
extension SendLogCopy {
    /// Copies the samples of the send logs that the target has.
    ///
    /// A later sample would give wrong times to what the target records by itself.
    func copyRecordingTimes(of pair: Pair) async throws {
        let head = try await target.organisation(pair.target.id).head.lastSequence
        var last = SequenceNumber(-1)
        while true {
            let times = try await source.recordingTimes(in: pair.source.id, after: last, limit: 500)
            try await target.addRecordingTimes(times.filter { $0.sequence <= head }, in: pair.target.id)
            guard let end = times.last?.sequence, end < head else { return }
            last = end
        }
    }
}
