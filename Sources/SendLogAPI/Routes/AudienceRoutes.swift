import NIOCore
import NIOHTTP1
import SendLogCore
import SendLogHTTP
import SendLogRecipients
import SendLogScheduling
import SendLogServices

/// The route that compares audiences.
struct AudienceRoutes {
    let comparer: AudienceComparer
    /// The limit of concurrent uploads, which long bodies count against while they are read.
    let uploads: ConcurrencyLimit
    /// How many uploads a long body counts as: its sorter takes up to 15 MB, an import some 4 MB.
    private static let uploadWeight = 4
    /// The number of bytes of a body to parse before the time slice is checked.
    private static let step = 16_384

    var routes: [Route] {
        [
            Route(
                .POST,
                "/recipients/compare",
                permission: .readSendLogs,
                query: QueryRule(["list", "format"], bodyFields: AudienceComparison.fields),
                // Two lists, each as long as that of a send log.
                maxBodyLength: 2 * RecordingRoutes.maxCreateBodyLength,
                handle: compare
            )
        ]
    }

    @Sendable private func compare(_ input: RouteInput) async throws -> Response {
        let list = try Self.list(QueryString(input.request.query))
        let organisation = try input.organisation()
        let result = try await comparer.compare(for: input.request, in: organisation, list: list) { sorter in
            let (comparison, sorter) = try await parse(input, sorter)
            if comparison.b == nil, let list, list.list != .a {
                throw InvalidInput(path: "list", "must be a, because the body has no b")
            }
            return (comparison, sorter)
        }
        return result.file ?? .success(for: input) { Self.append(result, to: &$0) }
    }

    private static func list(_ query: QueryString) throws(InvalidInput) -> AudienceComparer.ListRequest? {
        let format = try SendLogExport.Format(query)
        guard let name = query["list"] else {
            if query["format"] == nil { return nil }
            throw InvalidInput(path: "format", "is the format of a list; add list, such as list=a")
        }
        guard let list = AudienceList(rawValue: name) else {
            throw InvalidInput(path: "list", "must be a, b, both, only_a or only_b")
        }
        return (list, format)
    }

    /// Parses the body; the recipients of its lists go into the sorter.
    private func parse(
        _ input: RouteInput,
        _ sorter: consuming AudienceSorter
    ) async throws -> (AudienceComparison, AudienceSorter) {
        let isLong = (input.plainBodyLength ?? .max) > RecordingRoutes.maxUnlimitedBodyLength
        let slot = isLong ? try uploads.slot(Self.uploadWeight, for: input.organisation()) : nil
        defer { withExtendedLifetime(slot) {} }
        var reader = RequestBodyReader(input)
        var parser = AudienceParser(sorter)
        var slice = TimeSlice()
        while var piece = try await reader.next() {
            while let part = piece.readSlice(length: min(Self.step, piece.readableBytes)), part.readableBytes > 0 {
                try part.withBytes { bytes throws(InvalidInput) in try parser.feed(bytes) }
                try await parser.spillIfFull()
                await slice.yieldIfOver()
            }
        }
        return try parser.finish()
    }

    private static func append(_ result: AudienceComparer.Result, to bytes: inout [UInt8]) {
        let (comparison, counts) = (result.comparison, result.counts)
        bytes.append("{")
        bytes.appendMember("a", counts.a)
        if comparison.b != nil {
            bytes.appendMember("b", counts.b)
            bytes.appendMember("both", counts.both)
            bytes.appendMember("only_a", counts.onlyA)
            bytes.appendMember("only_b", counts.onlyB)
        }
        bytes.append(",\"parsed\":")
        comparison.writeParsed(asOf: result.asOf, to: &bytes)
        bytes.append("}")
    }
}
