import NIOHTTP1
import SendLogCore
import SendLogHTTP

/// The routes that read: one send log, the search, and the export of a search result.
struct ReadingRoutes {
    let store: any LogReader
    let searchInput: SearchInput
    /// The maximum length of a search's request body in bytes: room for several times a thousand campaign IDs.
    static let maxSearchBodyLength = 1 << 20

    var routes: [Route] {
        let (maxLength, format) = (Self.maxSearchBodyLength, [DestinationFormat.parameter])
        return [
            Route(
                .GET,
                "/send-logs/:send_id",
                permission: .readSendLogs,
                query: QueryRule(format, bodyFields: SendLogSearch.fields, of: "POST /send-logs/search"),
                runsOnEventLoop: Self.runsOnEventLoop,
                handleSynchronously: getSynchronously,
                handle: get
            ),
            Route(
                .POST,
                "/send-logs/search",
                permission: .readSendLogs,
                query: QueryRule(format, bodyFields: SendLogSearch.fields),
                maxBodyLength: maxLength,
                handle: search
            ),
            Route(
                .POST,
                "/send-logs/export",
                permission: .readSendLogs,
                query: QueryRule(["format"] + format, bodyFields: SendLogSearch.fields),
                maxBodyLength: maxLength,
                handle: export
            ),
        ]
    }

    /// The maximum length in bytes of a query string that is parsed on the event loop.
    private static let maxEventLoopQueryLength = 256

    /// Returns whether a request has a short query string and asks for a send log without its list of destinations.
    @Sendable private static func runsOnEventLoop(_ input: RouteInput) -> Bool {
        let query = input.request.query
        guard (query?.utf8.count ?? 0) <= maxEventLoopQueryLength else { return false }
        return (try? DestinationFormat(query: query)) == .count
    }

    @Sendable private func getSynchronously(_ input: RouteInput) throws -> Response? {
        guard Self.runsOnEventLoop(input) else { return nil }
        let id = try Self.id(input)
        let organisation = try input.organisation()
        do throws(StoreError) {
            let log = try store.sendLogWithoutBlocking(id, in: organisation)
            return log.map { response(to: input, $0, .count, in: organisation) }
        } catch {
            throw Self.noSendLog(input).ifNotFound(error)
        }
    }

    @Sendable private func get(_ input: RouteInput) async throws -> Response {
        let destinationFormat = try DestinationFormat(query: input.request.query)
        let id = try Self.id(input)
        let organisation = try input.organisation()
        let log = try await Self.noSendLog(input).ifNotFound { try await store.sendLog(id, in: organisation) }
        return response(to: input, log, destinationFormat, in: organisation)
    }

    /// Returns the response to a request for a log: 304 if the client has this representation already.
    private func response(
        to input: RouteInput,
        _ log: StoredSendLog,
        _ format: DestinationFormat,
        in organisation: OrganisationID
    ) -> Response {
        let tag = log.digest.map { EntityTag(digest: $0, format) }
        var response: Response
        if let tag, tag.isKnown(to: input.request) {
            response = Response(status: .notModified)
            if format == .list { response.fields = [("Vary", "Accept-Encoding")] }
        } else {
            response = format == .list ? listResponse(to: input, log, in: organisation) : .sendLog(log, for: input)
        }
        response.fields += tag?.fields ?? []
        return response
    }

    private func listResponse(
        to input: RouteInput,
        _ log: StoredSendLog,
        in organisation: OrganisationID
    ) -> Response {
        let renderer = SendLogRenderer(store: store, organisation: organisation)
        return Response(listsFor: input.request) { [id = input.requestID] stream in
            stream.append { $0.beginEnvelope() }
            let isWritten = try await renderer.write(
                log.record[...],
                sequence: log.sequence,
                destinations: log.destinations,
                to: &stream
            )
            if !isWritten { throw StoreError.notFound }
            try await stream.write { $0.endEnvelope(requestID: id) }
        }
    }

    private static func id(_ input: RouteInput) throws(APIError) -> SendLogID {
        guard let id = SendLogID(input.parameter) else { throw .noSendLog() }
        return id
    }

    /// Returns the error for a log that does not exist, with a hint if its ID is the last part of another route.
    private static func noSendLog(_ input: RouteInput) -> APIError {
        let id = input.parameter
        let path = "\(input.request.basePath)/send-logs/\(id)"
        let hint = ["search", "export", "import"].contains(id) ? "; to \(id), use POST \(path)" : ""
        return .noSendLog(id, hint: hint)
    }

    @Sendable private func search(_ input: RouteInput) async throws -> Response {
        let destinationFormat = try DestinationFormat(query: input.request.query)
        let organisation = try input.organisation()
        var search = try await searchInput.search(RequestBodyReader.json(input), in: organisation)
        search.isStreamed = destinationFormat == .list
        let result = try await store.search(search, in: organisation)
        var (begin, end): ([UInt8], [UInt8]) = ([], [])
        begin.beginEnvelope()
        begin.append("{\"total\":")
        begin.appendDecimal(result.total)
        begin.append(",\"send_logs\":[")
        end.append("]")
        if search.recipients != nil {
            end.append(",\"searched\":")
            search.writeSearched(to: &end)
        }
        end.append(",\"parsed\":")
        search.writeParsed(asOf: result.asOf, to: &end)
        end.append("}")
        end.endEnvelope(requestID: input.requestID)
        if destinationFormat == .count, result.rows.rest == nil { return Response(body: begin, result.rows.text, end) }
        let (first, last, store, rows) = (begin, end, store, SingleUse(result.rows))
        let produce: Response.Producer = { stream in
            try await stream.write(first)
            var block = rows.take() ?? RowBlock()
            var isFirst = true
            while true {
                let rest = block.rest
                if destinationFormat == .list {
                    try await Self.writeLists(block, of: store, in: organisation, isFirst: &isFirst, to: &stream)
                } else {
                    // The rest of the page may have been deleted since.
                    if !isFirst, !block.rows.isEmpty { stream.append { $0.append(",") } }
                    stream.append(block.text)
                    isFirst = isFirst && block.rows.isEmpty
                    // Do not hold the block while a client does not read.
                    block = RowBlock()
                    try await stream.flushIfFull()
                }
                guard let rest else { break }
                block = try await store.rows(rest, in: organisation)
            }
            try await stream.write(last)
        }
        return destinationFormat == .count
            ? Response(produce: produce) : Response(listsFor: input.request, produce: produce)
    }

    private static func writeLists(
        _ block: RowBlock,
        of store: any LogReader,
        in organisation: OrganisationID,
        isFirst: inout Bool,
        to stream: inout ResponseStream
    ) async throws {
        let renderer = SendLogRenderer(store: store, organisation: organisation)
        for row in block.rows {
            let isWritten = try await renderer.write(
                block.text[row.record],
                sequence: row.sequence,
                destinations: row.destinations,
                prefix: isFirst ? "" : ",",
                to: &stream
            )
            if isWritten { isFirst = false }
        }
    }

    @Sendable private func export(_ input: RouteInput) async throws -> Response {
        let destinationFormat = try DestinationFormat(query: input.request.query)
        let format = try SendLogExport.Format(QueryString(input.request.query))
        if format == .csv, destinationFormat == .list {
            throw InvalidInput(path: "group_destinations", "must be count if format is csv; use ndjson for list")
        }
        let organisation = try input.organisation()
        let export = SendLogExport(
            store: store,
            organisation: organisation,
            search: try await searchInput.search(RequestBodyReader.json(input), in: organisation),
            format: format,
            destinationFormat: destinationFormat
        )
        return try await export.response(to: input.request)
    }
}

extension APIError {
    /// Returns the error for an unknown send log; send logs of other organisations count as unknown.
    static func noSendLog(_ id: String = "", hint: String = "") -> APIError {
        .notFound("send log\(id.isEmpty ? "" : " \(id)") not found\(hint)")
    }
}
