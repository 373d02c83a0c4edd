public import SendLogCore

/// Copies all that one store holds into another: organisations, keys, send logs in their order of recording, campaigns' names,
/// and webhooks with what they have yet to tell.
///
/// A copy that broke off goes on where it stopped when it is run again, since logs are recorded in order and a place says how far it came.
/// So the source may be in use: what it records meanwhile is copied by the next run.
public struct SendLogCopy: Sendable {
    let source: any Store
    let target: any Store
    private let spoolFolder: String

    /// What was copied.
    public struct Report: Sendable {
        /// How many organisations the source has.
        public internal(set) var organisations = 0
        /// How many keys were copied now.
        public internal(set) var keys = 0
        /// How many send logs were copied now.
        public internal(set) var sends = 0
        /// How many send logs were compared by their digests in the end, all that there are.
        public internal(set) var verified = 0
        /// How many destinations those have.
        public internal(set) var destinations = 0
        /// Keys that have another name in the target.
        public internal(set) var renamed: [(from: APIKeyID, to: APIKeyID)] = []
    }

    /// How far a copy is.
    public enum Stage: Sendable {
        /// Send logs are being copied.
        case copying
        /// Both sides are being compared.
        case verifying
    }

    /// Why a copy cannot go on, in words for the operator.
    public struct Failure: Error, CustomStringConvertible {
        /// What is wrong.
        public let description: String
    }

    /// Copies from one store into another.
    ///
    /// - Parameters:
    ///   - source: where all is
    ///   - target: where it is to be
    ///   - spoolFolder: where long lists wait
    public init(from source: any Store, to target: any Store, spoolFolder: String) {
        self.source = source
        self.target = target
        self.spoolFolder = spoolFolder
    }

    /// Copies, and compares both sides.
    ///
    /// - Parameter progress: told how many of how many send logs are done in a stage
    /// - Returns: what was copied.
    /// - Throws: ``StoreError``; ``Failure`` where the target holds something else, or a log of the source is damaged.
    public func run(progress: (Stage, _ done: Int, _ total: Int) -> Void) async throws -> Report {
        var report = Report()
        let organisations = try await source.organisations()
        report.organisations = organisations.count
        try await expectFit(of: organisations)
        let pairs = try await pair(organisations)
        try await copyKeys(pairs, &report)
        let total = organisations.reduce(0) { $0 + $1.sends }
        let before = pairs.reduce(0) { $0 + $1.target.sends }
        for pair in pairs {
            try await copyLogs(of: pair) { count in
                report.sends += count
                progress(.copying, before + report.sends, total)
            }
            try await copyNames(of: pair)
            try await copyWebhooks(of: pair)
        }
        for pair in pairs {
            try await verify(pair) { logs in
                report.verified += logs.count
                report.destinations += logs.reduce(0) { $0 + $1.log.destinations }
                progress(.verifying, report.verified, total)
            }
        }
        return report
    }

    /// An organisation on both sides.
    typealias Pair = (source: Organisation, target: Organisation)

    private func pair(_ organisations: [Organisation]) async throws -> [Pair] {
        var known = Dictionary(uniqueKeysWithValues: try await target.organisations().map { ($0.name, $0) })
        var pairs: [Pair] = []
        for organisation in organisations {
            let twin: Organisation
            if let found = known[organisation.name] {
                twin = found
            } else {
                twin = try await target.createOrganisation(named: organisation.name, at: organisation.created)
                known[organisation.name] = twin
            }
            pairs.append((organisation, twin))
        }
        return pairs
    }

    /// What the target has of the source's organisations and keys must be what an earlier run copied.
    ///
    /// Nothing is written before, which nobody could take out again.
    private func expectFit(of organisations: [Organisation]) async throws {
        let known = Dictionary(uniqueKeysWithValues: try await target.organisations().map { ($0.name, $0) })
        var twins: [OrganisationID: OrganisationID] = [:]
        for organisation in organisations {
            guard let twin = known[organisation.name] else { continue }
            twins[organisation.id] = twin.id
            guard twin.sends <= organisation.sends else {
                throw Failure(
                    description: "organisation \"\(organisation.name)\" has \(twin.sends) send logs in the target, but "
                        + "\(organisation.sends) in the source"
                )
            }
            try await expectBeginning(of: (organisation, twin))
        }
        let keys = Dictionary(uniqueKeysWithValues: try await target.keys(hashPrefix: []).map { ($0.hash, $0.key) })
        for (key, hash) in try await source.keys(hashPrefix: []) {
            guard let copy = keys[hash], copy.organisation != twins[key.organisation] else { continue }
            throw Failure(
                description: "\(key.id) belongs to another organisation in the target; copy into an empty database"
            )
        }
    }

    /// What an earlier run copied must end with the log that stands at its place in the source.
    private func expectBeginning(of pair: Pair) async throws {
        guard pair.target.sends > 0 else { return }
        let last = SequenceNumber(Int64(pair.target.sends) - 1)
        let original = try await source.archive(after: last, in: pair.source.id).first
        let copy = try await target.archive(after: last, in: pair.target.id).first
        if original != copy { throw different(SequenceNumber(last.number + 1), pair.source) }
    }

    private func copyKeys(_ pairs: [Pair], _ report: inout Report) async throws {
        let twins = Dictionary(uniqueKeysWithValues: pairs.map { ($0.source.id, $0.target.id) })
        var known = Dictionary(uniqueKeysWithValues: try await target.keys(hashPrefix: []).map { ($0.hash, $0.key) })
        for (key, hash) in try await source.keys(hashPrefix: []).sorted(by: { $0.key.id.number < $1.key.id.number }) {
            guard let organisation = twins[key.organisation] else { continue }
            if known[hash] == nil {
                let new = NewAPIKey(name: key.name, permissions: key.permissions, expires: key.expires)
                let copy = try await target.createKey(new, hash: hash, in: organisation, at: key.created)
                known[hash] = copy
                report.keys += 1
                if copy.id != key.id { report.renamed.append((key.id, copy.id)) }
            }
            guard let copy = known[hash] else { continue }
            if let revoked = key.revoked { _ = try await target.revokeKey(copy.id, in: organisation, at: revoked) }
            if let used = key.lastUsed { try await target.noteUse(of: [copy.id: used]) }
        }
    }

    private func copyLogs(of pair: Pair, progress: (_ count: Int) -> Void) async throws {
        var last = SequenceNumber(Int64(pair.target.sends))
        var batch = try await read(after: last, of: pair.source)
        while let end = batch.last?.sequence {
            // The next batch is read while this one is recorded.
            async let next = read(after: end, of: pair.source)
            let outcomes = try await target.record(batch.map(\.log), in: pair.target.id)
            for (outcome, original) in zip(outcomes, batch) {
                guard case .recorded(let copy) = outcome, copy.sequence == original.sequence else {
                    throw Failure(
                        description:
                            "organisation \"\(pair.source.name)\" is not in the target as it is in the source: "
                            + "place \(original.sequence.number) is taken by something else; copy into an empty database"
                    )
                }
            }
            progress(batch.count)
            last = end
            batch = try await next
        }
    }

    private func copyNames(of pair: Pair) async throws {
        let known = try await target.campaignNames(of: nil, in: pair.target.id)
        for (campaign, name) in try await source.campaignNames(of: nil, in: pair.source.id)
        where known[campaign] != name {
            do throws(StoreError) {
                _ = try await target.nameCampaign(campaign, name, in: pair.target.id)
            } catch {
                // One that appeared in the source since its logs were copied is the next run's.
                if error != .notFound { throw error }
            }
        }
    }

    private typealias Original = (sequence: SequenceNumber, log: NewSendLog)

    /// How much is recorded at once: lists that wait in files, and bytes of all else.
    private static let full = (spools: 32, bytes: 5 << 19)

    private func read(after last: SequenceNumber, of organisation: Organisation) async throws -> [Original] {
        var originals: [Original] = []
        var (spools, bytes) = (0, 0)
        for archived in try await source.archive(after: last, in: organisation.id) {
            if spools >= Self.full.spools || bytes >= Self.full.bytes { break }
            let sequence = archived.log.sequence
            let list = try await list(of: archived.log, in: organisation.id)
            guard let log = NewSendLog(stored: archived.log.record, destinations: list),
                DigestedSendLog(log).digest == archived.digest
            else { throw damaged(sequence, organisation) }
            originals.append((sequence, log))
            bytes += log.weight
            spools += list.isSpooled ? 1 : 0
        }
        return originals
    }

    private func list(of log: StoredSendLog, in organisation: OrganisationID) async throws -> DestinationList {
        var gathered = ChunkGatherer(spoolFolder: spoolFolder)
        var fetched = 0
        while gathered.count < log.destinations {
            let lent = try await source.destinations(of: log.sequence, from: fetched, most: 4, in: organisation) {
                chunk throws(StoreError) in try gathered.append(chunk.copy)
            }
            if lent == 0 { break }
            fetched += lent
        }
        return gathered.list()
    }

    private func verify(_ pair: Pair, progress: ([ArchivedSendLog]) -> Void) async throws {
        var last = SequenceNumber(0)
        while true {
            let begin = last
            async let copies = target.archive(after: begin, in: pair.target.id)
            let originals = try await source.archive(after: begin, in: pair.source.id)
            // What was recorded in the source since is the next run's.
            let both = zip(originals, try await copies).map { ($0, $1) }
            for (original, copy) in both where original != copy { throw different(original.log.sequence, pair.source) }
            guard let end = both.last?.0.log.sequence else { break }
            progress(both.map(\.0))
            last = end
        }
        let copy = try await target.organisation(named: pair.target.name)
        guard last.number >= Int64(pair.source.sends), copy.sends == Int(last.number) else {
            throw Failure(
                description:
                    "organisation \"\(pair.source.name)\": \(copy.sends) send logs in the target, \(last.number) of them like those of "
                    + "the source, which has \(pair.source.sends)"
            )
        }
    }

    private func different(_ sequence: SequenceNumber, _ organisation: Organisation) -> Failure {
        Failure(
            description:
                "organisation \"\(organisation.name)\": the send log at place \(sequence.number) differs from its copy; "
                + "copy into an empty database"
        )
    }

    private func damaged(_ sequence: SequenceNumber, _ organisation: Organisation) -> Failure {
        Failure(
            description:
                "organisation \"\(organisation.name)\": the send log at place \(sequence.number) is damaged in the source; "
                + "sendlog database check tells more"
        )
    }
}
