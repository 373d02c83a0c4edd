public import SendLogCore

/// A copy of one store's content into another: organisations, API keys, send logs in the order of their sequence
/// numbers, campaign names, and webhooks with their waiting deliveries.
///
/// Recipient indexes are not copied: a server on the target makes them.
///
/// If a copy is interrupted, the next run continues where it stopped: send logs are recorded in order, so the number of
/// send logs in the target shows how far the copy got. The source can stay in use: the next run copies what it records
/// meanwhile.
public struct SendLogCopy: Sendable {
    /// The store protocols that a copy reads from.
    public typealias Source = LogReader & OrganisationStore & KeyStore & CampaignStore & WebhookStore
        & RecordingTimeStore

    let source: any Source
    let target: any Store
    private let spoolFolder: String

    /// The result of a copy.
    public struct Report: Sendable {
        /// The number of organisations in the source.
        public internal(set) var organisations = 0
        /// The number of API keys that this run copied.
        public internal(set) var keys = 0
        /// The number of send logs that this run copied.
        public internal(set) var sends = 0
        /// The number of send logs whose digests were compared at the end, including those of earlier runs.
        public internal(set) var verified = 0
        /// The number of destinations of the compared send logs.
        public internal(set) var destinations = 0
        /// The API keys whose ID in the target differs from the source.
        public internal(set) var renumberedKeys: [(from: APIKeyID, to: APIKeyID)] = []
    }

    /// The stage of a copy.
    public enum Stage: Sendable {
        /// The copy of send logs.
        case copying
        /// The comparison of both stores.
        case verifying
    }

    /// The reason why a copy cannot continue, in plain text for the operator.
    public struct Failure: Error, CustomStringConvertible {
        /// The reason.
        public let description: String

        init(_ description: String) { self.description = description }

        /// Creates a failure for one send log of an organisation.
        init(_ sequence: SequenceNumber, of organisation: Organisation, _ problem: String) {
            let log = "the send log with sequence number \(sequence.number)"
            description = "organisation \"\(organisation.name)\": \(log) \(problem)"
        }
    }

    /// Creates a copy from one store into another, with a folder for the spools of long lists.
    public init(from source: any Source, to target: any Store, spoolFolder: String) {
        self.source = source
        self.target = target
        self.spoolFolder = spoolFolder
    }

    /// Copies the content, then compares both stores.
    ///
    /// - Parameter progress: called with the stage, and the done and total numbers of send logs in it
    /// - Returns: the result.
    /// - Throws: ``StoreError``; ``Failure`` if the target has other content, or a send log of the source is corrupted.
    public func run(progress: (Stage, _ done: Int, _ total: Int) -> Void) async throws -> Report {
        var report = Report()
        let organisations = try await source.organisations()
        report.organisations = organisations.count
        try await checkCompatibility(of: organisations)
        let pairs = try await pair(organisations)
        try await copyKeys(pairs, &report)
        let total = organisations.reduce(0) { $0 + $1.sends }
        let before = pairs.reduce(0) { $0 + $1.target.sends }
        for pair in pairs {
            try await copyLogs(of: pair) { count in
                report.sends += count
                progress(.copying, before + report.sends, total)
            }
            try await copyRecordingTimes(of: pair)
            try await copyNames(of: pair)
            try await copyWebhooks(of: pair)
        }
        for pair in pairs {
            try await verify(pair) { logs in
                report.verified += logs.count
                report.destinations += logs.reduce(0) { $0 + $1.destinations }
                progress(.verifying, report.verified, total)
            }
        }
        return report
    }

    /// An organisation in the source and its counterpart in the target.
    typealias Pair = (source: Organisation, target: Organisation)

    private func pair(_ organisations: [Organisation]) async throws -> [Pair] {
        var known = Dictionary(uniqueKeysWithValues: try await target.organisations().map { ($0.name, $0) })
        var pairs: [Pair] = []
        for organisation in organisations {
            let counterpart: Organisation
            if let found = known[organisation.name] {
                counterpart = found
            } else {
                counterpart = try await target.createOrganisation(named: organisation.name, at: organisation.created)
                known[organisation.name] = counterpart
            }
            if counterpart.callingCode != organisation.callingCode {
                try await target.setCallingCode(organisation.callingCode, of: counterpart.id)
            }
            pairs.append((organisation, counterpart))
        }
        return pairs
    }

    /// Checks that the organisations and API keys in the target are copies from an earlier run.
    ///
    /// The check runs before the first write, because a write cannot be undone.
    private func checkCompatibility(of organisations: [Organisation]) async throws {
        let known = Dictionary(uniqueKeysWithValues: try await target.organisations().map { ($0.name, $0) })
        var counterparts: [OrganisationID: OrganisationID] = [:]
        for organisation in organisations {
            guard let counterpart = known[organisation.name] else { continue }
            counterparts[organisation.id] = counterpart.id
            guard counterpart.head.lastSequence <= organisation.head.lastSequence else {
                let (copied, last) = (counterpart.head.lastSequence.number, organisation.head.lastSequence.number)
                throw Failure(
                    "organisation \"\(organisation.name)\" has send logs up to sequence number \(copied) in the target, "
                        + "but up to \(last) in the source"
                )
            }
            try await checkCopiedPrefix(of: (organisation, counterpart))
        }
        let keys = Dictionary(uniqueKeysWithValues: try await target.keys(hashPrefix: []).map { ($0.hash, $0.key) })
        for (key, hash) in try await source.keys(hashPrefix: []) {
            guard let copy = keys[hash], copy.organisation != counterparts[key.organisation] else { continue }
            throw Failure("\(key.id) belongs to another organisation in the target; copy into an empty database")
        }
    }

    /// Checks that the send log at the head of the target equals the one with the same sequence number in the source.
    private func checkCopiedPrefix(of pair: Pair) async throws {
        let head = pair.target.head.lastSequence
        guard head.number > 0 else { return }
        func log(in store: any LogReader, _ organisation: OrganisationID) async throws -> StoredSendLog? {
            let before = SequenceNumber(head.number - 1)
            let logs = try await store.sendLogs(after: before, in: organisation, limit: 1).logs
            return logs.first { $0.sequence == head }
        }
        let original = try await log(in: source, pair.source.id)
        let copy = try await log(in: target, pair.target.id)
        // The source may have deleted it since.
        if let original, original != copy { throw mismatch(head, pair.source) }
    }

    private func copyKeys(_ pairs: [Pair], _ report: inout Report) async throws {
        let counterparts = Dictionary(uniqueKeysWithValues: pairs.map { ($0.source.id, $0.target.id) })
        var known = Dictionary(uniqueKeysWithValues: try await target.keys(hashPrefix: []).map { ($0.hash, $0.key) })
        for (key, hash) in try await source.keys(hashPrefix: []).sorted(by: { $0.key.id.number < $1.key.id.number }) {
            guard let organisation = counterparts[key.organisation] else { continue }
            if known[hash] == nil {
                let new = NewAPIKey(name: key.name, permissions: key.permissions, expires: key.expires)
                let copy = try await target.createKey(new, hash: hash, in: organisation, at: key.created)
                known[hash] = copy
                report.keys += 1
                if copy.id != key.id { report.renumberedKeys.append((key.id, copy.id)) }
            }
            guard let copy = known[hash] else { continue }
            if let revoked = key.revoked { _ = try await target.revokeKey(copy.id, in: organisation, at: revoked) }
            if let used = key.lastUsed { try await target.updateLastUsed(of: [copy.id: used]) }
        }
    }

    private func copyLogs(of pair: Pair, progress: (_ count: Int) -> Void) async throws {
        var last = pair.target.head.lastSequence
        var batch = try await read(after: last, of: pair.source)
        while let end = batch.last?.sequence {
            // The next batch is read while this one is recorded.
            async let next = read(after: end, of: pair.source)
            for run in Self.runs(of: batch) {
                // Deleted send logs leave the same gaps in the target.
                let before = SequenceNumber(run[run.startIndex].sequence.number - 1)
                if before > last { try await target.raiseHead(to: before, in: pair.target.id) }
                try await copy(run, of: pair)
                last = run[run.endIndex - 1].sequence
            }
            progress(batch.count)
            batch = try await next
        }
        try await target.raiseHead(to: pair.source.head.lastSequence, in: pair.target.id)
    }

    /// Splits send logs into runs of consecutive sequence numbers.
    private static func runs(of batch: [Original]) -> [ArraySlice<Original>] {
        var (runs, begin): ([ArraySlice<Original>], Int) = ([], 0)
        for index in batch.indices
        where index + 1 == batch.count || batch[index + 1].sequence.number > batch[index].sequence.number + 1 {
            runs.append(batch[begin...index])
            begin = index + 1
        }
        return runs
    }

    private func copy(_ run: ArraySlice<Original>, of pair: Pair) async throws {
        let outcomes = try await target.record(run.map(\.log), in: pair.target.id)
        for (outcome, original) in zip(outcomes, run) {
            let problem: String
            switch outcome {
            case .recorded(let copy), .existing(let copy):
                // A killed run's last batch may be committed only now.
                if copy.sequence == original.sequence { continue }
                problem = "has sequence number \(copy.sequence.number) in the target"
            case .conflict(let fields):
                problem = "is not copied: in the target, its \(RecordingOutcome.message(forConflictIn: fields))"
            }
            throw Failure(original.sequence, of: pair.source, "\(problem); copy into an empty database")
        }
    }

    private func copyNames(of pair: Pair) async throws {
        let known = try await target.campaignNames(of: nil, in: pair.target.id)
        for (campaign, name) in try await source.campaignNames(of: nil, in: pair.source.id)
        where known[campaign] != name {
            do throws(StoreError) {
                _ = try await target.nameCampaign(campaign, name, in: pair.target.id)
            } catch {
                // The campaign appeared in the source after its send logs were copied; the next run copies its name.
                if error != .notFound { throw error }
            }
        }
    }

    private typealias Original = (sequence: SequenceNumber, log: PreparedSendLog)

    /// The limits of a batch: the number of spooled lists, and the number of bytes in memory.
    private static let batchLimit = (spools: 32, bytes: 5 << 19)

    private func read(after last: SequenceNumber, of organisation: Organisation) async throws -> [Original] {
        var originals: [Original] = []
        var (spools, bytes) = (0, 0)
        for archived in try await source.sendLogs(after: last, in: organisation.id).logs {
            if spools >= Self.batchLimit.spools || bytes >= Self.batchLimit.bytes { break }
            do {
                let list = try await self.list(of: archived, in: organisation.id)
                guard let log = PreparedSendLog(stored: archived.record, destinations: list),
                    log.digest == archived.digest
                else { throw StoreError.corrupted(detail: "the digest of a send log differs") }
                originals.append((archived.sequence, log))
                bytes += log.weight
                spools += list.isSpooled ? 1 : 0
            } catch StoreError.corrupted {
                let problem = "is damaged in the source; run sendlog database check for details"
                throw Failure(archived.sequence, of: organisation, problem)
            } catch StoreError.notFound {
                // It was deleted meanwhile.
            }
        }
        return originals
    }

    private func list(of log: StoredSendLog, in organisation: OrganisationID) async throws -> DestinationList {
        var builder = DestinationListBuilder(spoolFolder: spoolFolder)
        let (sequence, count) = (log.sequence, log.destinations)
        var list = DestinationReader(source, of: sequence, destinations: count, in: organisation, batch: 4)
        while try await list.next({ (chunk, _) throws(StoreError) in try builder.append(chunk.copy) }) {}
        return builder.list()
    }
}
