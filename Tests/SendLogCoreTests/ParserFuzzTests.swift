import Foundation
import SendLogSQLite
import TestSupport
import Testing

@testable import SendLogContent
@testable import SendLogCore

/// No input or damaged file crashes a parser, and each accepted input has one meaning.
///
/// `make test` runs cases of a fixed seed; `make fuzz` runs more, with another seed: `FUZZ_CASES`,
/// `SENDLOG_TEST_SEED`.
@Suite struct ParserFuzzTests {
    private static let environment = ProcessInfo.processInfo.environment
    private static let cases = environment["FUZZ_CASES"].flatMap { Int($0) } ?? 5000

    /// Runs cases of mutated samples.
    ///
    /// - Parameters:
    ///   - samples: the inputs to mutate
    ///   - tokens: the texts to insert
    ///   - minAccepted: the minimum percentage of accepted cases; with fewer, the mutations test nothing
    ///   - test: the name of the test
    ///   - body: returns whether a case is accepted
    private static func fuzz(
        _ samples: [[UInt8]],
        tokens: [String],
        minAccepted: Int = 5,
        test: String = #function,
        _ body: (_ bytes: [UInt8], _ mutator: inout Mutator, _ number: Int) throws -> Bool
    ) rethrows {
        var mutator = Mutator(seed: TestSeed.printed(test, defaultSeed: 14), tokens: tokens)
        var accepted = 0
        for number in 0..<cases {
            let bytes = mutator.next(of: samples)
            if try body(bytes, &mutator, number) { accepted += 1 }
        }
        #expect(
            accepted * 100 >= cases * minAccepted && accepted < cases,
            "\(accepted) of \(cases) were accepted"
        )
    }

    private static let json = [
        #"{"campaign_id":"5f5a1d8d0000000000000001","message":"Hi {{a}} \"b\" \u00e9 \ud83d\ude00","destinations":["27821234567","a@b.c"]}"#,
        #"{"find":{"startDeliveryAt":{"$gte":"2026-01-01T00:00:00Z"}},"options":{"limit":10,"skip":-1.5e+3,"sort":{}}}"#,
        #"[[],{},[null,true,false],0,-0,1e9,1E-9,1.25,"",{"":[{"":1}]}]"#, " \"\\\\\\/\\b\\f\\n\\r\\t\" ",
    ].map { Array($0.utf8) }

    private static let jsonTokens = [
        "{", "}", "[", "]", ",", ":", "\"", "\\", "\\u", "\\ud800", "\\udc00", "1e999", "-", "0123", ".5", "nul", "//",
        "\u{feff}", "\n", "\"a\":1,",
    ]

    @Test(.timeLimit(.minutes(60)))
    func `JSON means the same in any pieces, and another parser accepts it`() {
        Self.fuzz(Self.json, tokens: Self.jsonTokens) { bytes, mutator, number in
            let whole = JSONEvents.of([bytes[...]], stringLimit: 40)
            let cut = JSONEvents.of(mutator.pieces(of: bytes), stringLimit: 40)
            #expect(whole.error == cut.error, "case \(number)")
            #expect(whole.events == cut.events, "case \(number)")
            guard let value = try? JSONValue(bytes: bytes) else { return false }
            let data = Data(bytes)
            let other = try? JSONSerialization.jsonObject(with: data, options: .fragmentsAllowed)
            if other == nil { #expect(Self.isBeyondFoundation(value), "case \(number): \(value)") }
            return true
        }
    }

    /// Returns whether a value has a number beyond the range of Double: it is valid, but Foundation refuses it
    /// (<https://www.rfc-editor.org/rfc/rfc8259#section-6>).
    private static func isBeyondFoundation(_ value: JSONValue) -> Bool {
        switch value {
        case .scalar(.number(let number)): Double(number.text)?.isFinite != true
        case .scalar, .string: false
        case .array(let values): values.contains { isBeyondFoundation($0) }
        case .object(let members): members.contains { isBeyondFoundation($0.value) }
        }
    }

    @Test(.timeLimit(.minutes(60))) func `a timestamp is written and read unchanged`() {
        let samples = [
            "2026-01-31T12:34:56.789Z", "2024-02-29T23:59:60+14:00", "0000-01-01T00:00:00-23:59",
            "9999-12-31T23:59:59.999999999Z",
        ].map { Array($0.utf8) }
        Self.fuzz(samples, tokens: ["+", "-", ":", ".", "T", "Z", "00", "60", "99999999999999999999", " "]) {
            bytes,
            _,
            number in
            guard let moment = Timestamp(rfc3339: String(decoding: bytes, as: UTF8.self)) else { return false }
            #expect(Timestamp(rfc3339: moment.description) == moment, "case \(number): \(moment)")
            #expect(moment >= .earliest && moment <= .latest, "case \(number): \(moment)")
            return true
        }
    }

    @Test(.timeLimit(.minutes(60))) func `an accepted template renders to JSON`() {
        let samples = [
            #"{"id":"{{send._id}}","text":"{{ send.message }}","count":{{send.destinations}},"c":{"name":{{campaign.name}}}}"#,
            #"["{{send.startDeliveryAt}} \"{{send.triggeredBy}}\"",{{campaign._id}},{{{"a":1}}}]"#,
        ].map { Array($0.utf8) }
        let tokens = [
            "{{", "}}", "{{{", "\\", "\"", "{{send.message}}", "{{send.destinations}}", "{{unknown}}", ",", "0",
        ]
        Self.fuzz(samples, tokens: tokens, minAccepted: 2) { bytes, _, number in
            guard let body = try? WebhookBody(String(decoding: bytes, as: UTF8.self)) else { return false }
            guard let sample = WebhookSend.sample(destinations: number, campaignName: CampaignName("a\"b")) else {
                Issue.record("there is no sample")
                return false
            }
            #expect((try? JSONValue(bytes: body.rendered(for: sample))) != nil, "case \(number): \(body.text)")
            return true
        }
    }

    @Test(.timeLimit(.minutes(60))) func `only unchanged keys are accepted`() {
        var random = SplitMix64(seed: 1)
        let samples = (0..<20).map { _ in Array(KeyText.random(using: &random).text.utf8) }
        Self.fuzz(samples, tokens: ["slk_", "0", "z", " ", "é"]) { bytes, _, number in
            let text = String(decoding: bytes, as: UTF8.self)
            guard let key = KeyText(text) else { return false }
            #expect(key.text == text && samples.contains(bytes), "case \(number): \(text)")
            return true
        }
    }

    @Test(.timeLimit(.minutes(60))) func `an accepted chunk means the same to zlib`() {
        let texts = [
            DestinationChunkTests.numbers(40), Array(#","a@example.org","é😀""#.utf8), Array(#""1","22","""#.utf8),
            DestinationChunkTests.numbers(8),
        ]
        let chunks = texts.map { DestinationChunk(text: $0, count: 1) }
        Self.fuzz(chunks.map(\.body), tokens: ["\u{0}\u{0}", "\u{1}"], minAccepted: 1) { bytes, mutator, number in
            let length = texts.randomElement(using: &mutator.random)?.count ?? 1
            let chunk = DestinationChunk(count: 1, length: length, crc: 0, body: bytes)
            let isJoinable = bytes.withUnsafeBytes {
                BorrowedChunk(count: 1, length: length, crc: 0, body: $0).isJoinable
            }
            guard let text = chunk.text(), isJoinable else { return false }
            // After another chunk, it is not in the format of the code for numbers, so zlib reads it.
            let (first, body) = (texts[1], chunks[1].body + bytes)
            let joined = DestinationChunk(count: 1, length: first.count + length, crc: 0, body: body)
            #expect(joined.text() == first + text, "case \(number)")
            return true
        }
    }

    @Test(.timeLimit(.minutes(60))) func `a line of an import gives the same result in any pieces`() throws {
        let ids = SendLogIDSource()
        let now = try #require(Timestamp(rfc3339: "2026-01-31T12:00:00Z"))
        let context = ParserContext(ids: ids, spoolFolder: NSTemporaryDirectory(), now: { now })
        func parse(_ pieces: [ArraySlice<UInt8>]) -> String {
            let text = String(decoding: pieces.joined(), as: UTF8.self)
            var parser = SendLogParser(context)
            do {
                for piece in pieces {
                    try Array(piece).withUnsafeBufferPointer { bytes throws(InvalidInput) in try parser.feed(bytes) }
                }
                let log = try parser.finish()
                // A generated id differs each time.
                let isGiven = text.contains(log.id.text)
                let text = String(decoding: log.record, as: UTF8.self)
                let record = isGiven ? text : text.replacing(log.id.text, with: "")
                return "accepted: \(record) \(log.destinations.digest)"
            } catch {
                return "\(error)"
            }
        }
        let samples = [
            #"{"_id":"a","campaign_id":"5f5a1d8d0000000000000001","message":"m","triggeredBy":"api","startDeliveryAt":"2026-01-01T00:00:00Z","destinations":["27821234567","27821234568"]}"#,
            #"{"_id":"b-1","campaign_id":"c","message":"\u00e9 \ud83d\ude00","triggeredBy":"schedule","destinations":[]}"#,
        ].map { Array($0.utf8) }
        Self.fuzz(samples, tokens: Self.jsonTokens + ["\"destinations\":[", "\"_id\":null,", "null"]) {
            bytes,
            mutator,
            number in
            let whole = parse([bytes[...]])
            let cut = parse(mutator.pieces(of: bytes))
            #expect(whole == cut, "case \(number)")
            return whole.hasPrefix("accepted")
        }
    }

    @Test(.timeLimit(.minutes(60))) func `an import reports the same invalid lines in any pieces`() throws {
        let folder = try TemporaryFolder()
        let store = try SQLiteStore(path: folder.file())
        defer { store.close() }
        let now = try #require(Timestamp(rfc3339: "2026-01-31T12:00:00Z"))
        let context = ParserContext(ids: SendLogIDSource(), spoolFolder: folder.path, now: { now })
        /// Returns the report and the number of lines; nothing is recorded, because a batch is never full.
        func parse(_ pieces: [ArraySlice<UInt8>]) throws -> (report: ImportReport, lines: Int) {
            var lines = SendLogImport(into: OrganisationID(1), of: store, context: context)
            for piece in pieces {
                let read = try Array(piece).withUnsafeBufferPointer { (bytes) throws(StoreError) in
                    try lines.parse(bytes)
                }
                #expect(read == piece.count)
            }
            return (lines.report, lines.line)
        }
        let line = #"{"campaign_id":"c","message":"m","triggeredBy":"api","destinations":["27821234567"]}"#
        let samples = ["\(line)\n\(line)\r\n\n\(line)\n", "\n \n\(line)\nx\n\(line)\n", "[\(line)]\n{}\n\(line)\n"]
            .map { Array($0.utf8) }
        Self.fuzz(samples, tokens: Self.jsonTokens + ["\n", "\r", "\n\n"], minAccepted: 2) { bytes, mutator, number in
            let bytes = bytes + [UInt8(ascii: "\n")]
            guard let whole = try? parse([bytes[...]]), let cut = try? parse(mutator.pieces(of: bytes)) else {
                Issue.record("case \(number)")
                return false
            }
            #expect(whole.report == cut.report, "case \(number)")
            #expect(whole.lines == cut.lines, "case \(number)")
            #expect(whole.lines == bytes.count { $0 == UInt8(ascii: "\n") } + 1, "case \(number)")
            return whole.report.failed == 0
        }
    }
}
