package import SendLogCore
package import SendLogHTTP
package import SendLogRecipients
import SendLogServices

/// Compares audiences for the API and for the console.
package struct AudienceComparer: Sendable {
    private let store: any LogReader & OrganisationStore & RecipientIndexStore
    /// The folder for unnamed files with recipients.
    private let spoolFolder: String
    /// The limit of concurrent comparisons, each of which takes about 10 MB of memory.
    private let limit = ConcurrencyLimit(of: "comparisons of audiences", (total: 16, perOrganisation: 4))
    /// The limit of lists of an organisation that are made or being downloaded, each of which is a file.
    private let lists = ConcurrencyLimit(of: "lists of compared audiences", (total: .max, perOrganisation: 4))

    /// The recipients to list, and the format of the file.
    package typealias ListRequest = (list: AudienceList, format: SendLogExport.Format)

    /// The result of a comparison.
    struct Result {
        let comparison: AudienceComparison
        let counts: AudienceCounts
        /// The newest sequence number that the comparison saw.
        let asOf: SequenceNumber
        /// The file of the list; `nil` if none was requested.
        let file: Response?
    }

    /// Creates a comparer, whose files are in a folder.
    package init(store: any LogReader & OrganisationStore & RecipientIndexStore, spoolFolder: String) {
        (self.store, self.spoolFolder) = (store, spoolFolder)
    }

    /// Compares the audiences of an organisation.
    ///
    /// The list is complete before its file is sent, so that no memory is held while the client reads. Until it is sent,
    /// it counts against a limit of the organisation.
    ///
    /// - Parameters:
    ///   - request: the request; when its client disconnects, the comparison ends
    ///   - organisation: the organisation
    ///   - list: the list; `nil` for the numbers alone
    ///   - read: reads the comparison, and adds the recipients of its lists to the sorter; as long as its client takes,
    ///     it does not count as a comparison
    /// - Returns: the numbers, and the file of the list.
    /// - Throws: ``ServiceError`` if there are too many comparisons or lists; ``APIError`` if a send log does not exist;
    ///   ``StoreError``; the errors of `read`.
    func compare(
        for request: HTTPRequest,
        in organisation: OrganisationID,
        list: ListRequest? = nil,
        _ read: (consuming AudienceSorter) async throws -> (AudienceComparison, AudienceSorter)
    ) async throws -> Result {
        let callingCode = try await store.organisation(organisation).callingCode
        var (comparison, sorter) = try await read(AudienceSorter(callingCode: callingCode, spoolFolder: spoolFolder))
        let listSlot = list == nil ? nil : try lists.slot(for: organisation)
        let slot = try limit.slot(for: organisation)
        defer { withExtendedLifetime(slot) {} }
        let head = SendLogSearch(limit: 0, asOf: comparison.asOf)
        let asOf = try await store.search(head, in: organisation).asOf
        let reader = AudienceReader(store, in: organisation, asOf: asOf) { request.isAbandoned }
        try await Self.add(comparison.a, as: .a, of: reader, to: &sorter)
        if let b = comparison.b { try await Self.add(b, as: .b, of: reader, to: &sorter) }
        guard let list else {
            let counts = try await sorter.count()
            return Result(comparison: comparison, counts: counts, asOf: asOf, file: nil)
        }
        let file = AudienceFile(format: list.format)
        var spool = ResponseSpool(folder: spoolFolder)
        try spool.append(file.begin)
        let counts = try await sorter.count(listing: list.list) { key throws(StoreError) in
            try spool.append { file.append(key, to: &$0) }
        }
        var response = file.response(spool, total: counts.count(of: list.list), asOf: asOf)
        response.slot = listSlot
        return Result(comparison: comparison, counts: counts, asOf: asOf, file: response)
    }

    /// Compares two audiences that have no lists.
    ///
    /// - Returns: the numbers.
    /// - Throws: see ``compare(for:in:list:_:)``.
    package func counts(
        _ comparison: AudienceComparison,
        for request: HTTPRequest,
        in organisation: OrganisationID
    ) async throws -> (counts: AudienceCounts, asOf: SequenceNumber) {
        let result = try await compare(for: request, in: organisation) { (comparison, $0) }
        return (result.counts, result.asOf)
    }

    /// Returns a list of two audiences that have no lists, as a file.
    ///
    /// - Throws: see ``compare(for:in:list:_:)``.
    package func file(
        _ comparison: AudienceComparison,
        _ list: ListRequest,
        for request: HTTPRequest,
        in organisation: OrganisationID
    ) async throws -> Response {
        let result = try await compare(for: request, in: organisation, list: list) { (comparison, $0) }
        guard let file = result.file else { throw APIError.internalError("a comparison has no list") }
        return file
    }

    private static func add(
        _ audience: Audience,
        as side: AudienceSide,
        of reader: AudienceReader,
        to sorter: inout AudienceSorter
    ) async throws {
        do { try await reader.add(audience, as: side, to: &sorter) } catch StoreError.notFound {
            if case .send(let id) = audience { throw APIError.noSendLog(id.text) }
            throw StoreError.notFound
        }
    }
}
