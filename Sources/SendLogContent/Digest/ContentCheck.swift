public import SendLogCore

/// A check of a stored send log against its digest: the record, and the list chunk by chunk.
public struct ContentCheck {
    private var digest = ListDigest()
    private var destinations = 0
    private var chunks = 0
    private var fault: String?

    /// Creates a check before the first chunk.
    public init() {}

    /// Adds the next stored chunk.
    ///
    /// - Parameters:
    ///   - chunk: the chunk
    ///   - number: the stored chunk number, from 0
    public mutating func add(_ chunk: DestinationChunk, number: Int) {
        guard fault == nil else { return }
        guard number == chunks, let text = chunk.verifiedText() else {
            fault = "chunk \(chunks) of its destinations is missing or damaged"
            return
        }
        digest.add(text)
        destinations += chunk.count
        chunks += 1
    }

    /// Returns what is wrong with the send log, after its last chunk was added; `nil` if nothing is.
    public func fault(record: [UInt8], destinations counted: Int, digest stored: [UInt8]) -> String? {
        if let fault { return fault }
        if destinations != counted { return "it has \(destinations) destinations, but its stored count is \(counted)" }
        guard ContentDigest.of(record: record, list: digest.value()) == stored else {
            return "its content does not match its digest"
        }
        return nil
    }

    /// Returns what is wrong if the stored ID, campaign or start differs from the record; `nil` if nothing is.
    ///
    /// These columns are the keys by which a send log is found.
    public static func fault(id: String, campaign: String, start: Timestamp?, record: [UInt8]) -> String? {
        let beginning = Array("{\"_id\":\"\(id)\",\"campaign_id\":\"\(campaign)\",".utf8)
        var end: [UInt8] = []
        start?.write(to: &end)
        end.append(UInt8(ascii: "\""))
        if record.starts(with: beginning), record.suffix(end.count) == end[...] { return nil }
        return "its id, campaign or start differs from its record"
    }
}
