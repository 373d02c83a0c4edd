import NIOCore
import NIOHTTP1
import SendLogCore
import SendLogHTTP

/// The routes that read: one send log, the search, and its whole result as a file.
struct ReadingRoutes {
    let store: any SendLogStore
    /// The longest body of a search in bytes: a thousand campaign ids, several times over.
    static let longestSearch = 1 << 20

    var routes: [Route] {
        [
            Route(
                .GET,
                "/send-logs/:send_id",
                permission: .readSendLogs,
                isShort: Self.isShort,
                handleAtOnce: getAtOnce,
                handle: get
            ),
            Route(
                .POST,
                "/send-logs/search",
                permission: .readSendLogs,
                longestBody: Self.longestSearch,
                handle: search
            ),
            Route(
                .POST,
                "/send-logs/export",
                permission: .readSendLogs,
                longestBody: Self.longestSearch,
                handle: export
            ),
        ]
    }

    /// The longest query string in bytes that is parsed on the event loop.
    private static let longestShortQuery = 256

    /// Whether a send log without its list is asked for, in few words.
    @Sendable private static func isShort(_ input: RouteInput) -> Bool {
        let query = input.request.query
        guard (query?.utf8.count ?? 0) <= longestShortQuery else { return false }
        return (try? DestinationForm(query: query)) == .count
    }

    @Sendable private func getAtOnce(_ input: RouteInput) throws -> Answer? {
        guard Self.isShort(input) else { return nil }
        let id = try Self.id(input)
        let organisation = try input.organisation()
        let log: StoredSendLog?
        do {
            log = try store.sendLogAtOnce(id, in: organisation)
        } catch {
            if error == .notFound { throw APIError.noSendLog(id.text) }
            throw error
        }
        return log.map { Answer(body: SendLogJSON.envelope($0)) }
    }

    @Sendable private func get(_ input: RouteInput) async throws -> Answer {
        let form = try DestinationForm(query: input.request.query)
        let id = try Self.id(input)
        let organisation = try input.organisation()
        let log: StoredSendLog
        do {
            log = try await store.sendLog(id, in: organisation)
        } catch StoreError.notFound {
            throw APIError.noSendLog(id.text)
        }
        switch form {
        case .count:
            return Answer(body: SendLogJSON.envelope(log))
        case .list:
            let lister = DestinationLister(store: store, organisation: organisation)
            return Answer(listsFor: input.request) { stream in
                try await stream.write { $0.append("{\"ok\":true,\"data\":") }
                try await lister.write(
                    log.record[...],
                    sequence: log.sequence,
                    destinations: log.destinations,
                    to: &stream
                )
                try await stream.write { $0.append("}") }
            }
        }
    }

    private static func id(_ input: RouteInput) throws(APIError) -> SendLogID {
        guard let id = SendLogID(input.parameter) else { throw .noSendLog(input.parameter) }
        return id
    }

    @Sendable private func search(_ input: RouteInput) async throws -> Answer {
        let form = try DestinationForm(query: input.request.query)
        let organisation = try input.organisation()
        var search = try SendLogSearch(body: try await RequestBodyReader.json(input))
        search.isStreamed = form == .list
        let answer = try await store.search(search, in: organisation)
        var (begin, end): ([UInt8], [UInt8]) = ([], [])
        begin.append("{\"ok\":true,\"data\":{\"total\":")
        begin.appendDecimal(answer.total)
        begin.append(",\"send_logs\":[")
        end.append("],\"parsed\":")
        search.writeParsed(asOf: answer.asOf, to: &end)
        end.append("}}")
        if form == .count, answer.rows.rest == nil { return Answer(body: begin, answer.rows.text, end) }
        let (first, last, store, rows) = (begin, end, store, Handover(answer.rows))
        let produce: Answer.Producer = { stream in
            try await stream.write(first)
            var block = rows.take() ?? RowBlock()
            while true {
                let rest = block.rest
                if form == .list {
                    try await Self.writeLists(block, of: store, in: organisation, to: &stream)
                } else {
                    stream.gather(block.text)
                    // Not to be held while a client does not read.
                    block = RowBlock()
                    try await stream.sendGathered()
                }
                guard let rest else { break }
                block = try await store.rows(rest, in: organisation)
                stream.gather { $0.append(",") }
            }
            try await stream.write(last)
        }
        return form == .count ? Answer(produce: produce) : Answer(listsFor: input.request, produce: produce)
    }

    private static func writeLists(
        _ block: RowBlock,
        of store: any SendLogStore,
        in organisation: OrganisationID,
        to stream: inout AnswerStream
    ) async throws {
        let lister = DestinationLister(store: store, organisation: organisation)
        for (place, row) in block.rows.enumerated() {
            if place > 0 { try await stream.write { $0.append(",") } }
            try await lister.write(
                block.text[row.record],
                sequence: row.sequence,
                destinations: row.destinations,
                to: &stream
            )
        }
    }

    @Sendable private func export(_ input: RouteInput) async throws -> Answer {
        let form = try DestinationForm(query: input.request.query)
        let format = try Self.format(QueryString(input.request.query))
        if format == .csv, form == .list {
            throw InvalidInput(path: "group_destinations", "must be count where format is csv; ndjson takes list")
        }
        let organisation = try input.organisation()
        let search = try SendLogSearch(body: try await RequestBodyReader.json(input))
        let export = SendLogExport(
            store: store,
            organisation: organisation,
            search: search,
            format: format,
            form: form
        )
        return try await export.answer(to: input.request)
    }

    private static func format(_ query: QueryString) throws(InvalidInput) -> SendLogExport.Format {
        try query.expect(only: ["format", "group_destinations"])
        guard let name = query["format"] else { return .ndjson }
        guard let format = SendLogExport.Format(rawValue: name) else {
            throw InvalidInput(path: "format", "must be csv or ndjson")
        }
        return format
    }
}

extension APIError {
    /// Tells that there is no send log of that id; one of another organisation's does not exist here.
    static func noSendLog(_ id: String) -> APIError {
        let shown = SendLogID(id) == nil ? "of that id" : id
        return .notFound(
            "there is no send log " + shown + (["search", "export"].contains(id) ? "; to \(id), use POST" : "")
        )
    }
}
